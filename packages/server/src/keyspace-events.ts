import { COMPILED, type CompiledCommand, Encoding, type RequestBatch } from '@kv/protocol';
import { Message } from './message.ts';
import { missedKeys } from './missed-keys.ts';
import type { Observers } from './observers.ts';
import type { KeyspaceObserver, Keyspaces, Removal } from './ports.ts';
import type { PubSub } from './pubsub.ts';
import type { Session } from './session.ts';

/** Redis's letters for kinds of events; `A` is all of them. */
const KINDS = 'g$lshzxetd';
const ALL = 'A';
/** What `A` leaves out: new keys, and reads of keys that are not there. */
const NEW = 'n';
const MISS = 'm';
/** Where events go: to the channel of the key, to the channel of the event. */
const PLACES = 'KE';
/** Not Redis's: entries that expire go to a channel of their own, with their value. */
const VALUES = 'V';
const LETTERS = `${KINDS}${ALL}${NEW}${MISS}${PLACES}${VALUES}`;

/** Redis deletes what they replace, so that it is new in any case. */
const REPLACING: ReadonlySet<string | undefined> = new Set(['rename_to', 'copy_to', 'restore']);
const EXPIRY_TOKENS = ['EX', 'PX', 'EXAT', 'PXAT'];
const GENERIC = new Set([
  ...['del', 'expire', 'persist', 'restore', 'copy_to'],
  ...['rename_from', 'rename_to', 'move_from', 'move_to'],
]);

/** `notify-keyspace-events` as Redis writes it back; `undefined` for letters that are none. */
export function keyspaceEventFlags(text: string): string | undefined {
  if ([...text].some((letter) => !LETTERS.includes(letter))) return undefined;
  const given = (letters: string): string =>
    [...letters].filter((letter) => text.includes(letter)).join('');
  const kinds = text.includes(ALL) || given(KINDS) === KINDS ? ALL : given(KINDS);
  return `${kinds}${given(NEW)}${given(PLACES)}${given(MISS)}${given(VALUES)}`;
}

interface Event {
  readonly database: number;
  readonly key: Uint8Array;
  readonly name: string;
}

const encoder = new TextEncoder();

/** Tells subscribers what happens to keys, as `notify-keyspace-events` asks for. */
export class KeyspaceEvents implements KeyspaceObserver {
  /** Whether anything is to be told. */
  active = false;
  private kinds = '';
  private places = '';
  private withValues = false;
  private readonly pubsub: PubSub;
  private readonly observers: Observers;
  private readonly keyspaces: Keyspaces;
  /** The command that is being executed, and what it has done so far. */
  private command: CompiledCommand | undefined;
  private expires = false;
  private readonly events: Event[] = [];

  constructor(pubsub: PubSub, observers: Observers, keyspaces: Keyspaces) {
    this.keyspaces = keyspaces;
    this.pubsub = pubsub;
    this.observers = observers;
  }

  /** What is told from now on: see {@link keyspaceEventFlags}. */
  set flags(flags: string) {
    this.kinds = flags.replace(ALL, KINDS);
    this.places = [...PLACES].filter((place) => flags.includes(place)).join('');
    this.withValues = flags.includes(VALUES);
    const kinds = [...KINDS, NEW, MISS];
    const isTold = this.places !== '' && kinds.some((kind) => this.kinds.includes(kind));
    const isWanted = isTold || this.withValues;
    if (isWanted === this.active) return;
    this.active = isWanted;
    if (isWanted) this.observers.add(this);
    else this.observers.remove(this);
  }

  /** A command is about to be executed: what happens until {@link end} is its doing. */
  begin(id: number, request: RequestBatch, { keyspace, database }: Session): void {
    const command = COMPILED[id] as CompiledCommand;
    const { options } = request;
    // What is found to have expired is told first.
    const missed = this.kinds.includes(MISS) ? missedKeys(command, request, keyspace) : [];
    this.command = command;
    this.expires =
      command.row.name.endsWith('SETEX') ||
      EXPIRY_TOKENS.some((token) => {
        const option = command.options.get(token);
        return option !== undefined && options[option.slot] !== 0;
      });
    for (const key of missed) this.events.push({ database, key, name: 'keymiss' });
  }

  /** It has been executed; one that `failed` has looked for no key. */
  end(failed: boolean): void {
    this.command = undefined;
    for (const event of this.events.splice(0))
      if (!(failed && event.name === 'keymiss')) this.publish(event);
  }

  wrote(database: number, key: Uint8Array, isNew: boolean): void {
    if (isNew || REPLACING.has(this.command?.row.event)) this.add(database, key, 'new');
    const name = this.command?.row.event ?? 'set';
    if (name === 'rename_to') this.add(database, key, name);
    else if (name === 'expire' || name === 'getex') this.deadlineChanged(database, key);
    else {
      this.add(database, key, name);
      if (this.expires) this.add(database, key, 'expire');
    }
  }

  removed(database: number, key: Uint8Array, why: Removal, ref: number): void {
    if (this.withValues && why === 'expired') this.publishValue(database, key, ref);
    const event = this.command?.row.event;
    const moves = why === 'deleted' && (event === 'rename_to' || event === 'move_to');
    if (!moves) {
      this.add(database, key, why === 'deleted' ? 'del' : why);
      return;
    }
    const from = { database, key: key.slice(), name: event.replace('_to', '_from') };
    // What it was called before is told before what it is called now.
    this.events.splice(-1, 0, from);
  }

  flushed(): void {}
  swapped(): void {}

  private deadlineChanged(database: number, key: Uint8Array): void {
    const persists = this.command?.row.event === 'getex' && !this.expires;
    this.add(database, key, persists ? 'persist' : 'expire');
  }

  private add(database: number, key: Uint8Array, name: string): void {
    const event = { database, key: key.slice(), name };
    if (this.command === undefined) this.publish(event);
    else this.events.push(event);
  }

  /** The last that is heard of an entry: what it held. */
  private publishValue(database: number, key: Uint8Array, ref: number): void {
    const db = this.keyspaces.at(database);
    const value = new Message(db.valueView(ref).slice(), db.encodingOf(ref) as Encoding);
    this.pubsub.publish(joined(encoder.encode(`__expired@${database}__:`), key), value);
  }

  private publish({ database, key, name }: Event): void {
    if (!this.kinds.includes(kindOf(name))) return;
    const event = encoder.encode(name);
    if (this.places.includes('K')) {
      const channel = joined(encoder.encode(`__keyspace@${database}__:`), key);
      this.pubsub.publish(channel, new Message(event, Encoding.RAW));
    }
    if (!this.places.includes('E')) return;
    const channel = encoder.encode(`__keyevent@${database}__:${name}`);
    this.pubsub.publish(channel, new Message(key, Encoding.RAW));
  }
}

function kindOf(name: string): string {
  if (name === 'expired') return 'x';
  if (name === 'evicted') return 'e';
  if (name === 'new') return NEW;
  if (name === 'keymiss') return MISS;
  return GENERIC.has(name) ? 'g' : '$';
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
