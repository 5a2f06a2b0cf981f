import { COMPILED, type CompiledCommand, Encoding, type RequestBatch } from '@kv/protocol';
import { Message } from './message.ts';
import type { Observers } from './observers.ts';
import type { KeyspaceObserver, Removal } from './ports.ts';
import type { PubSub } from './pubsub.ts';

/** Redis's letters for kinds of events; `A` is all of them. */
const KINDS = 'g$lshzxetd';
const ALL = 'A';
/** Where events go: to the channel of the key, to the channel of the event. */
const PLACES = 'KE';

const EXPIRY_TOKENS = ['EX', 'PX', 'EXAT', 'PXAT'];
const GENERIC = new Set([
  ...['del', 'expire', 'persist', 'restore', 'copy_to'],
  ...['rename_from', 'rename_to', 'move_from', 'move_to'],
]);

/**
 * `notify-keyspace-events` as Redis writes it back; `undefined` for letters that are none. Key
 * misses (`m`) and new keys (`n`) are not told of.
 */
export function keyspaceEventFlags(text: string): string | undefined {
  if ([...text].some((letter) => !`${KINDS}${ALL}${PLACES}`.includes(letter))) return undefined;
  const kinds = text.includes(ALL) ? KINDS : [...KINDS].filter((k) => text.includes(k)).join('');
  const places = [...PLACES].filter((place) => text.includes(place)).join('');
  return `${kinds === KINDS ? ALL : kinds}${places}`;
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
  private readonly pubsub: PubSub;
  private readonly observers: Observers;
  /** The command that is being executed, and what it has done so far. */
  private command: CompiledCommand | undefined;
  private expires = false;
  private readonly events: Event[] = [];

  constructor(pubsub: PubSub, observers: Observers) {
    this.pubsub = pubsub;
    this.observers = observers;
  }

  /** What is told from now on: see {@link keyspaceEventFlags}. */
  set flags(flags: string) {
    this.kinds = flags.includes(ALL) ? KINDS : flags;
    this.places = [...PLACES].filter((place) => flags.includes(place)).join('');
    const isWanted = this.places !== '' && [...KINDS].some((kind) => this.kinds.includes(kind));
    if (isWanted === this.active) return;
    this.active = isWanted;
    if (isWanted) this.observers.add(this);
    else this.observers.remove(this);
  }

  /** A command is about to be executed: what happens until {@link end} is its doing. */
  begin(id: number, { options }: RequestBatch): void {
    const command = COMPILED[id] as CompiledCommand;
    this.command = command;
    this.expires =
      command.row.name.endsWith('SETEX') ||
      EXPIRY_TOKENS.some((token) => {
        const option = command.options.get(token);
        return option !== undefined && options[option.slot] !== 0;
      });
  }

  /** It has been executed. */
  end(): void {
    this.command = undefined;
    for (const event of this.events.splice(0)) this.publish(event);
  }

  wrote(database: number, key: Uint8Array): void {
    const name = this.command?.row.event ?? 'set';
    if (name === 'rename_to') this.add(database, key, name);
    else if (name === 'expire' || name === 'getex') this.deadlineChanged(database, key);
    else {
      this.add(database, key, name);
      if (this.expires) this.add(database, key, 'expire');
    }
  }

  removed(database: number, key: Uint8Array, why: Removal): void {
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
  return GENERIC.has(name) ? 'g' : '$';
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
