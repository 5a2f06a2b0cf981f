import { makeScript } from './make-script.ts';
import { makeEventsScript, makeMessagesScript } from './messages.ts';
import { type Difference, type Fault, Pair } from './pair.ts';
import { type RespVersion, type Script, scriptText } from './script.ts';
import { type Finding, type Run, shrink } from './shrink.ts';

/** What is shown of a reply. */
const SHOWN_MAX = 500;

/** What is not compared reply by reply: a command sets off messages to others. */
const OF_MESSAGES: ReadonlyMap<string, (seed: number, length: number) => Script> = new Map([
  ['pubsub', makeMessagesScript],
  ['events', makeEventsScript],
]);

/** How long a search goes on, and where it begins. */
export interface Search {
  readonly version: RespVersion;
  readonly seed: number;
  readonly commandsPerSeed: number;
  /** Most commands are of this group, where one is named. */
  readonly group?: string | undefined;
  readonly fault?: Fault;
  /** Stops after so many differences, of different commands. */
  readonly findingsMax: number;
  /** Asked before each seed, with how many have been run. */
  readonly goesOn: (seeds: number) => boolean;
}

/** What a search has run and found. */
export interface SearchResult {
  readonly seeds: number;
  readonly commands: number;
  /** The differences, shrunk, and their seeds; one of each command. */
  readonly found: readonly SeedFinding[];
}

/** A finding, and the seed that leads to it. */
export interface SeedFinding extends Finding {
  readonly seed: number;
}

/** Compares seed after seed, until there are differences enough or the search is to end. */
export async function search(options: Search): Promise<SearchResult> {
  const { version, commandsPerSeed, group, fault, findingsMax, goesOn } = options;
  await using pair = await Pair.start(version, fault);
  const found = new Map<string, SeedFinding>();
  let seeds = 0;
  let commands = 0;
  while (goesOn(seeds) && found.size < findingsMax) {
    const seed = options.seed + seeds++;
    const make = group === undefined ? undefined : OF_MESSAGES.get(group);
    const isOfMessages = make !== undefined;
    const script = make?.(seed, commandsPerSeed) ?? makeScript(seed, commandsPerSeed, group);
    const run: Run = (any) => (isOfMessages ? pair.runMessages(any) : pair.run(any));
    const difference = await run(script);
    commands += difference?.at ?? script.length;
    if (difference === undefined) continue;
    const finding = await shrink(script, difference, run);
    const name = finding.difference.words[0]?.toUpperCase() ?? '';
    if (!found.has(name)) found.set(name, { ...finding, seed });
  }
  return { seeds, commands, found: [...found.values()] };
}

/** A difference for people. */
export function findingText(
  version: RespVersion,
  { seed, script, difference }: SeedFinding,
): string {
  return [`seed ${seed} over RESP${version}:`, scriptText(script), ...answers(difference)].join(
    '\n',
  );
}

/** The beginning of a reply. */
function shown(reply: string): string {
  const text = JSON.stringify(reply);
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}… (${reply.length} bytes)` : text;
}

function answers({ redis, kvd }: Difference): string[] {
  return [`redis-server answers ${shown(redis)}`, `kvd          answers ${shown(kvd)}`];
}
