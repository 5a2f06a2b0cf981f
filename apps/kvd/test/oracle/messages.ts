// Publish and subscribe: what a command sets off arrives at several clients, without anybody
// asking. So after each command all clients are looked at.
import { KEYS } from './domains.ts';
import { GROUPS, PUBSUB } from './groups.ts';
import { EPOCH } from './make-script.ts';
import { Random } from './random.ts';
import { sameElements } from './reply.ts';
import type { Script, Step } from './script.ts';
import type { ServerConnection } from './server-connection.ts';

const CLIENTS = 3;
/** How often something else is sent: a RESP2 subscriber may not. */
const OTHER_CHANCE = 0.1;

const CHANGED = GROUPS.map(([grammar]) => grammar).filter(({ name }) =>
  ['string', 'bitmap', 'generic'].includes(name),
);

/** A script of subscribers and publishers. */
export function makeMessagesScript(seed: number, length: number): Script {
  const random = new Random(seed);
  const draw = { random, now: 0 };
  return Array.from({ length }, () => ({
    client: random.between(0, CLIENTS - 1),
    words: random.chance(OTHER_CHANCE) ? ['GET', random.pick(KEYS)] : PUBSUB.draw(draw),
  }));
}

/** Commands that change keys, each in its own way, and some that read them. */
const CHANGING =
  /^(SET|P?SETEX|SETNX|GETSET|GETDEL|MSET(NX)?|APPEND|SETRANGE|(IN|DE)CR(BY)?|INCRBYFLOAT|SETBIT|BITOP|DEL|UNLINK|P?EXPIRE(AT)?|PERSIST|RENAME(NX)?|MOVE|COPY|M?GET|STRLEN|GETRANGE|SUBSTR|EXISTS|TOUCH|TYPE|P?TTL|GETBIT)$/i;

/** A script whose last client is told of everything that happens to keys. */
export function makeEventsScript(seed: number, length: number): Script {
  const random = new Random(seed);
  const draw = { random, now: EPOCH };
  const listener = CLIENTS - 1;
  const script: Step[] = [
    {
      client: 0,
      words: [
        'CONFIG',
        'SET',
        'notify-keyspace-events',
        random.pick(['KEA', 'E$x', 'Kg', 'KEAn', 'Em$']),
      ],
    },
    { client: listener, words: ['PSUBSCRIBE', '__key*'] },
  ];
  while (script.length < length) {
    const words = random.pick(CHANGED).draw(draw);
    if (CHANGING.test(words[0] ?? '')) script.push({ client: 0, words });
  }
  return script;
}

/** What all clients of a server are sent in the course of one step. */
export async function transcripts(
  connections: readonly ServerConnection[],
  step: Script[number],
  mark: string,
): Promise<readonly string[]> {
  const all: string[] = [];
  const sender = 'client' in step ? step.client : -1;
  // The sender first: when it is answered, everything is on its way.
  for (const client of [sender, ...connections.keys()]) {
    const words = client === sender && all.length === 0 && 'words' in step ? step.words : undefined;
    const replies = await connections[client]?.transcript(words, mark);
    all.push(`*${replies?.length ?? 0}\r\n${(replies ?? []).join('')}`);
  }
  return all;
}

/** The confirmation of an end: its kind, the name, and how many are left. */
const ENDED = /([*>])3(\r\n\$\d+\r\n[ps]?unsubscribe\r\n)(.*?)(:\d+\r\n)/gs;

/** Whether two servers have sent the same, in whatever order within one step. */
export function sameTranscripts(one: readonly string[], other: readonly string[]): boolean {
  return one.every((text, i) => sameMessages(text, other[i] ?? ''));
}

function sameMessages(a: string, b: string): boolean {
  if (a === b) return true;
  // Subscriptions that end together do so in any order: which goes with which number is open.
  const namesOf = (text: string) => [...text.matchAll(ENDED)].map((found) => found[3]).sort();
  const rest = (text: string) => text.replaceAll(ENDED, '$12$2$4');
  return String(namesOf(a)) === String(namesOf(b)) && sameElements(rest(a), rest(b));
}
