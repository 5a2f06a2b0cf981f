import { type Kvd, startKvd } from '../../src/index.ts';
import { MovableClock } from '../movable-clock.ts';
import { isIntended } from './differences.ts';
import { comparisonOf, EPOCH } from './make-script.ts';
import { sameTranscripts, transcripts } from './messages.ts';
import { RedisWithClock } from './redis-with-clock.ts';
import { elementsOf, sameElements, sameKind } from './reply.ts';
import type { RespVersion, Script, Step, Words } from './script.ts';
import { ServerConnection } from './server-connection.ts';

/** Commands that are sent before the replies to them are awaited. */
const PIPELINE_MAX = 250;

/** What ends a transaction, if anything is answered at all but that it is queued. */
const ENDS_TRANSACTION: ReadonlySet<string | undefined> = new Set(['EXEC', 'DISCARD', 'RESET']);
const MESSAGE_CLIENTS = 3;
const QUEUED = '+QUEUED\r\n';

/** The first replies of a script that are not the same. */
export interface Difference {
  /** How many steps of the script came before. */
  readonly at: number;
  readonly words: Words;
  readonly redis: string;
  readonly kvd: string;
}

/** Makes a server wrong: what it is sent instead of a command. For tests of the oracle itself. */
export type Fault = (words: Words) => Words;

/** One server and its connections; they are opened when a script first speaks through them. */
class Side {
  private readonly port: number;
  private readonly version: RespVersion;
  private readonly fault: Fault | undefined;
  private readonly connections: ServerConnection[] = [];

  constructor(port: number, version: RespVersion, fault?: Fault) {
    this.port = port;
    this.version = version;
    this.fault = fault;
  }

  async exchange(client: number, all: readonly Words[]): Promise<string[]> {
    const connection = await this.connection(client);
    return connection.exchange(this.fault === undefined ? all : all.map(this.fault));
  }

  private async connection(client: number): Promise<ServerConnection> {
    const known = this.connections[client];
    if (known !== undefined) return known;
    const opened = await ServerConnection.open(this.port);
    this.connections[client] = opened;
    await opened.exchange([['HELLO', String(this.version)]]);
    return opened;
  }

  /** Back to nothing. */
  async reset(): Promise<void> {
    const version = String(this.version);
    for (const client of this.connections.keys())
      await this.connections[client]?.exchange([['RESET'], ['HELLO', version]]);
    const connection = await this.connection(0);
    await connection.exchange([['FLUSHALL']]);
  }

  /** A step as this server is sent it. */
  spoilt(step: Step): Step {
    if (this.fault === undefined || !('words' in step)) return step;
    return { ...step, words: this.fault(step.words) };
  }

  /** The connections there are. */
  get open(): readonly ServerConnection[] {
    return this.connections;
  }

  /** Begins with new connections and without data. */
  async renew(clients: number): Promise<void> {
    this.close();
    this.connections.length = 0;
    for (let client = 0; client < clients; client++) await this.connection(client);
    await this.connections[0]?.exchange([['FLUSHALL']]);
  }

  close(): void {
    for (const connection of this.connections) connection?.close();
  }
}

/** redis-server and kvd, side by side, with one time. */
export class Pair {
  private readonly clock: MovableClock;
  private readonly redis: RedisWithClock;
  private readonly kvd: Kvd;
  /** By client, what it has queued since MULTI. */
  private readonly queued = new Map<number, readonly Words[]>();
  private readonly sides: readonly [redis: Side, kvd: Side];

  private constructor(
    clock: MovableClock,
    redis: RedisWithClock,
    kvd: Kvd,
    version: RespVersion,
    fault: Fault | undefined,
  ) {
    this.clock = clock;
    this.redis = redis;
    this.kvd = kvd;
    this.sides = [new Side(redis.port, version), new Side(kvd.port, version, fault)];
  }

  static async start(version: RespVersion, fault?: Fault): Promise<Pair> {
    const clock = new MovableClock(EPOCH);
    const redis = await RedisWithClock.start(EPOCH);
    const kvd = await startKvd({ clock, debugCommand: true });
    const pair = new Pair(clock, redis, kvd, version, fault);
    // What expires is met by commands, or not at all.
    for (const side of pair.sides) await side.exchange(0, [['DEBUG', 'SET-ACTIVE-EXPIRE', '0']]);
    return pair;
  }

  /** Runs a script from nothing; the first difference that is not intended. */
  async run(script: Script): Promise<Difference | undefined> {
    this.setTime(EPOCH);
    this.queued.clear();
    for (const side of this.sides) await side.reset();
    let at = 0;
    while (at < script.length) {
      const step = script[at] as Step;
      if ('advanceMs' in step) {
        this.setTime(this.clock.now() + step.advanceMs);
        at++;
        continue;
      }
      const all = pipelineAt(script, at);
      const difference = await this.compare(step.client, all, at);
      if (difference !== undefined) return difference;
      at += all.length;
    }
    return undefined;
  }

  /** Runs a script of subscribers and publishers; the first difference. */
  async runMessages(script: Script): Promise<Difference | undefined> {
    for (const side of this.sides) await side.renew(MESSAGE_CLIENTS);
    for (const [at, step] of script.entries()) {
      const mark = `mark-${at}-`;
      const [redis = [], kvd = []] = await Promise.all(
        this.sides.map((side) => transcripts(side.open, side.spoilt(step), mark)),
      );
      if (sameTranscripts(redis, kvd)) continue;
      const words = 'words' in step ? step.words : [];
      return { at, words, redis: redis.join(' | '), kvd: kvd.join(' | ') };
    }
    return undefined;
  }

  private setTime(now: number): void {
    if (now === this.clock.now()) return;
    this.clock.advance(now - this.clock.now());
    this.redis.setTime(now);
  }

  private async compare(
    client: number,
    all: readonly Words[],
    at: number,
  ): Promise<Difference | undefined> {
    const [ofRedis, ofKvd] = await Promise.all(
      this.sides.map((side) => side.exchange(client, all)),
    );
    for (const [i, words] of all.entries()) {
      const redis = ofRedis?.[i] ?? '(hung up)';
      const kvd = ofKvd?.[i] ?? '(hung up)';
      if (!this.agreeFor(client, words, redis, kvd)) return { at: at + i, words, redis, kvd };
    }
    return undefined;
  }

  /** Whether two replies agree; those of a transaction each in its own way. */
  private agreeFor(client: number, words: Words, redis: string, kvd: string): boolean {
    const queued = this.queued.get(client) ?? [];
    if (redis === QUEUED) this.queued.set(client, [...queued, words]);
    else if (ENDS_TRANSACTION.has(words[0]?.toUpperCase())) this.queued.delete(client);
    if (words[0]?.toUpperCase() !== 'EXEC' || redis === kvd) return agree(words, redis, kvd);
    const [ofRedis = [], ofKvd = []] = [elementsOf(redis), elementsOf(kvd)];
    return (
      ofRedis.length === queued.length &&
      ofKvd.length === queued.length &&
      queued.every((one, i) => agree(one, ofRedis[i] as string, ofKvd[i] as string))
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const side of this.sides) side.close();
    await this.redis.stop();
    await this.kvd.close();
  }
}

/** The commands from a step on that one client sends without a pause. */
function pipelineAt(script: Script, start: number): Words[] {
  const first = script[start] as { readonly client: number };
  const all: Words[] = [];
  for (let at = start; at < script.length && all.length < PIPELINE_MAX; at++) {
    const step = script[at] as Step;
    if (!('client' in step) || step.client !== first.client) break;
    all.push(step.words);
  }
  return all;
}

function agree(words: Words, redis: string, kvd: string): boolean {
  if (redis === kvd) return true;
  const comparison = comparisonOf(words);
  if (comparison === 'kind' && sameKind(redis, kvd)) return true;
  if (comparison === 'unordered' && sameElements(redis, kvd)) return true;
  return isIntended(words, redis, kvd);
}
