import type { Random } from '../oracle/random.ts';
import { ADMINISTRATION, POLICY_CHANGES } from './administration.ts';
import { ClientConnection, type ConnectionOwner } from './client-connection.ts';
import { isRefusal, nativeDialect, respDialect } from './dialects.ts';
import { History, shownReplies, Violation, wordsText } from './history.ts';
import type { Machine } from './machine.ts';
import {
  agrees,
  asideKey,
  asideOf,
  KEYS,
  type Operation,
  Operations,
  textOf,
  type Words,
} from './operations.ts';
import type { Link, Peer } from './simulated-network.ts';
import { type Found, type Moment, mayShow, type Window } from './state.ts';

const PIPELINE_MAX = 12;

/** What a client knows of the world around it. */
export interface Surroundings {
  readonly now: number;
  readonly wall: number;
  /** What the wall clock may have shown since a moment. */
  since(moment: Moment): Window;
  /** The server's machine, which is in trouble or not. */
  readonly machine: Pick<Machine, 'life' | 'troubled' | 'servingSince' | 'stopping' | 'damaged'>;
  /** Whether the answer to what was sent at a time is a promise that it lasts. */
  promises(sentAt: number): boolean;
  /** Whether a client changes `appendfsync`. */
  readonly policyChanges: boolean;
  /** `appendfsync` is `always` from now on, or may be something else. */
  policyIs(always: boolean): void;
  /** Whether a client turns the log off and on. */
  readonly logTurns: boolean;
  /** What asks for the log to be turned off or on, unless that has been asked for and has not come about. */
  turnLog(): Words | undefined;
  /** Whether WAITAOF can promise something. */
  readonly logs: boolean;
  after(ms: number, run: () => void): void;
  connect(peer: Peer): Link | undefined;
  others(client: SimulatedClient): readonly SimulatedClient[];
  /** A client has looked at what a new process has, and whether that is all that was promised. */
  foundAgain(client: SimulatedClient, wasPromised: boolean): void;
  /** Somebody has seen these values of another. */
  shown(sentAt: number, values: readonly string[]): void;
  note(text: string): void;
}

/**
 * One client, with two databases of its own, in which nobody else writes. It pipelines, reads what others have
 * written, goes away and comes back, and holds every reply against its history.
 */
export class SimulatedClient implements ConnectionOwner {
  readonly history: History;
  /** Whether it is connected and has looked at what is there. */
  settled = false;
  /** Operations that were answered. */
  answered = 0;
  private readonly index: number;
  private readonly native: boolean;
  private readonly random: Random;
  private readonly surroundings: Surroundings;
  private readonly operations: Operations;
  private connection: ClientConnection | undefined;
  /** The process that it has looked at. */
  private lifeSeen = 0;
  private leaving = false;
  /** How often it has asked for another policy. */
  private policyChanges = 0;
  /** It sends nothing more. */
  private resting = false;

  constructor(index: number, native: boolean, random: Random, surroundings: Surroundings) {
    this.index = index;
    this.native = native;
    this.random = random;
    this.surroundings = surroundings;
    this.history = new History(this.name, native, (moment) => surroundings.since(moment));
    this.operations = new Operations(random, index, () => surroundings.wall);
  }

  get name(): string {
    return `client ${this.index} (${this.native ? 'native' : 'RESP'})`;
  }

  get connected(): boolean {
    return this.connection !== undefined;
  }

  get now(): number {
    return this.surroundings.now;
  }

  /** Whether it has looked at what this process has: before, its last answers are those of another one. */
  get knows(): boolean {
    return this.lifeSeen === this.surroundings.machine.life;
  }

  /** Whether nothing is owed to it. */
  get idle(): boolean {
    return this.connection?.idle !== false;
  }

  /** Connects, and looks at what is there. */
  comeBack(): void {
    if (this.connection !== undefined) return;
    const { surroundings, random } = this;
    const connection = new ClientConnection(this, this.native ? nativeDialect() : respDialect());
    const link = surroundings.connect(connection);
    if (link === undefined) {
      surroundings.after(random.between(1, 20), () => this.comeBack());
      return;
    }
    this.connection = connection;
    this.leaving = false;
    connection.open(link);
    connection.ask([['SELECT', String(this.index)]], 'SELECT', () => {});
    this.look(connection);
  }

  /** Sends nothing more. */
  rest(): void {
    this.resting = true;
  }

  /** Throws when an answer is overdue. */
  checkPatience(): void {
    this.connection?.checkPatience();
  }

  note(text: string): void {
    this.surroundings.note(text);
  }

  /** {@link ConnectionOwner} */
  disconnected(byServer: boolean, owed: number): void {
    const { surroundings } = this;
    const { troubled, stopping, damaged } = surroundings.machine;
    const mayClose = (this.leaving && owed === 0) || troubled || stopping || damaged;
    if (byServer && !mayClose)
      throw new Violation(`${this.name}: cut off without a reason, owed ${owed} answers`);
    this.history.mayRefuse ||= troubled || surroundings.logTurns;
    this.connection = undefined;
    this.settled = false;
    surroundings.after(this.random.next() * 20, () => this.comeBack());
  }

  /** Reads all of its database: what is there must be what was, and belongs to one moment of it. */
  private look(connection: ClientConnection): void {
    const { surroundings, history } = this;
    const { machine, now, wall } = surroundings;
    const { life, damaged } = machine;
    const there = KEYS.flatMap((key): Words[] => [
      ['GET', key],
      ['PTTL', key],
    ]);
    const own = String(this.index);
    const words: readonly Words[] = [
      ...there,
      ['KEYS', '*'],
      ['SELECT', asideOf(this.index)],
      ...there,
      ['KEYS', '*'],
      ['SELECT', own],
    ];
    connection.ask(words, 'a look at everything', (replies) => {
      if (replies.some((reply) => isRefusal(reply))) {
        this.mayRefuse(replies, now);
        connection.cut();
        return;
      }
      const aside = replies.slice(there.length + 2);
      const found = new Map([
        ...this.foundIn(replies, (key) => key),
        ...this.foundIn(aside, asideKey),
      ]);
      const lossy = !this.knows;
      const window = surroundings.since({ now, wall });
      const wasPromised = history.found(found, window, {
        lossy,
        damaged: damaged && lossy,
      });
      this.lifeSeen = life;
      this.settled = true;
      if (lossy) surroundings.foundAgain(this, wasPromised);
      this.goOn(connection);
    });
  }

  /** What a look at one database has found; `name` is what its history calls a key. */
  private foundIn(replies: readonly unknown[], name: (key: string) => string): Map<string, Found> {
    const found = new Map<string, Found>();
    for (const [i, key] of KEYS.entries()) {
      const value = replies[2 * i];
      const ttlMs = Number(replies[2 * i + 1]);
      found.set(name(key), { value: isAbsent(value) ? undefined : textOf(value), ttlMs });
    }
    const keys = replies[2 * KEYS.length] as unknown[];
    this.checkKeys(
      keys.map((key) => name(textOf(key))),
      found,
    );
    return found;
  }

  private checkKeys(keys: readonly string[], found: ReadonlyMap<string, Found>): void {
    const listed = new Set(keys);
    for (const key of listed) {
      const known = found.get(key);
      if (known === undefined) throw new Violation(`${this.name}: a key ${key} that nobody set`);
    }
    for (const [key, { value, ttlMs }] of found)
      if (value !== undefined && ttlMs === -1 && !listed.has(key))
        throw new Violation(`${this.name}: KEYS does not show ${key}, which is there`);
  }

  /** Works, and plans the next piece of work. */
  private goOn(connection: ClientConnection): void {
    const { random, surroundings } = this;
    if (this.connection !== connection || this.leaving) return;
    if (!this.resting) this.work(connection);
    const pause = random.chance(0.06) ? random.next() * 900 : random.next() * 12;
    surroundings.after(pause, () => this.goOn(connection));
  }

  private work(connection: ClientConnection): void {
    const { random, surroundings } = this;
    const kind = random.next();
    const isTurning = surroundings.logTurns && this.index === 0;
    if (kind < 0.01) connection.cut();
    else if (kind < 0.02) {
      this.leaving = true;
      connection.end();
    } else if (kind < (isTurning ? 0.12 : 0.05)) this.administer(connection);
    else if (kind < 0.25) this.peek(connection);
    else
      for (let i = random.between(1, 5); i > 0 && this.history.waiting < PIPELINE_MAX; i--)
        this.operate(connection, this.operations.draw());
  }

  private operate(connection: ClientConnection, operation: Operation): void {
    const { history, surroundings } = this;
    const { now } = surroundings;
    const durable = this.native && surroundings.logs && this.random.chance(0.15);
    const text = `${wordsText(operation)}${durable ? ', durably' : ''}`;
    history.sent(operation, { now, wall: surroundings.wall });
    surroundings.note(`${this.name} > ${text}`);
    const done = (replies: readonly unknown[]) => {
      const isRefused = this.isRefused(operation.writes || durable, replies, now);
      if (isRefused) history.refused(surroundings.now);
      else history.replied(replies, surroundings.now);
      this.answered++;
      // While the log can't be written reads are answered all the same, and promise nothing.
      const isPromise = operation.writes ? !isRefused : !surroundings.machine.troubled;
      const isKept = durable ? !isRefused : surroundings.promises(now) && isPromise;
      if (isKept) history.promise(history.answered);
    };
    connection.ask(operation.words, text, done, durable);
  }

  /** Whether the server has said that it did not execute an operation, as it `mayBe`. */
  private isRefused(mayBe: boolean, replies: readonly unknown[], sentAt: number): boolean {
    const all = replies.flatMap((reply) => (Array.isArray(reply) ? reply : [reply]));
    const refusals = all.filter(isRefusal);
    if (refusals.length === 0) return false;
    this.mayRefuse(refusals, sentAt);
    if (!mayBe && refusals.some((reply) => /MISCONF/.test(reply.message)))
      throw new Violation(`${this.name}: a read was refused: ${shownReplies(replies)}`);
    return true;
  }

  private mayRefuse(replies: readonly unknown[], sentAt: number): void {
    const { surroundings } = this;
    const { troubled, servingSince } = surroundings.machine;
    const mayBeOff = surroundings.logTurns && !surroundings.promises(sentAt);
    for (const reply of replies.filter(isRefusal)) {
      const isLoading = /LOADING/.test(reply.message);
      const isForLog = /NOLOG|EXECABORT/.test(reply.message) && mayBeOff;
      if (isLoading ? servingSince <= sentAt : !troubled && !isForLog)
        throw new Violation(`${this.name}: refused without a reason: ${reply.message}`);
    }
  }

  /** Reads a key of another client. */
  private peek(connection: ClientConnection): void {
    const { random, surroundings } = this;
    // What one has that has not looked yet, nobody knows.
    const others = surroundings.others(this).filter(({ settled }) => settled);
    if (others.length === 0) return;
    const other = random.pick(others);
    const keys = random.chance(0.6) ? KEYS : [random.pick(KEYS)];
    const read: Words = [keys.length === 1 ? 'GET' : 'MGET', ...keys];
    const { answered } = other.history;
    const { now, wall } = surroundings;
    const text = `${read.join(' ')} of ${other.name}`;
    surroundings.note(`${this.name} > ${text}`);
    const words: Words[] = [['SELECT', String(other.index)], read, ['SELECT', String(this.index)]];
    connection.ask(words, text, (replies) => {
      if (replies.some(isRefusal)) return this.mayRefuse(replies, now);
      const values = keys.length === 1 ? [replies[1]] : (replies[1] as unknown[]);
      this.seen(other, keys, values, { sentAt: { now, wall }, answered });
    });
  }

  /** All that was seen at once must have been there at once, and not before what was known by then. */
  private seen(
    other: SimulatedClient,
    keys: readonly string[],
    values: readonly unknown[],
    when: { readonly sentAt: Moment; readonly answered: number },
  ): void {
    const { surroundings } = this;
    const { sentAt, answered } = when;
    const window = surroundings.since(sentAt);
    // While the log is off, durable requests are refused.
    other.history.mayRefuse ||= surroundings.machine.troubled || surroundings.logTurns;
    const shown = values.map((value) => (isAbsent(value) ? undefined : textOf(value)));
    const candidates = other.history.seenSince(answered);
    const possible = candidates.find(({ state }) =>
      keys.every((key, i) => mayShow(state.get(key), shown[i], window)),
    );
    if (possible === undefined)
      throw new Violation(
        `${this.name}: saw ${keys.join(' ')} of ${other.name} as ${shownReplies(values)}, which it was not then`,
      );
    other.history.show(possible.number);
    surroundings.shown(
      sentAt.now,
      shown.filter((value) => value !== undefined),
    );
    if (surroundings.promises(sentAt.now) && !surroundings.machine.troubled)
      other.history.promise(possible.number);
  }

  /** What operators do. */
  private administer(connection: ClientConnection): void {
    const { random, surroundings, history } = this;
    // One client alone: what two of them ask for could come in any order.
    const isFirst = this.index === 0 && random.chance(0.5);
    const changes = surroundings.policyChanges && isFirst;
    const turn = surroundings.logTurns && isFirst ? surroundings.turnLog() : undefined;
    const words = turn ?? random.pick(changes ? POLICY_CHANGES : ADMINISTRATION);
    const text = words.join(' ');
    const { now } = surroundings;
    surroundings.note(`${this.name} > ${text}`);
    const change = changes ? ++this.policyChanges : 0;
    if (changes) surroundings.policyIs(false);
    connection.ask([words], text, ([reply]) => {
      if (isRefusal(reply)) return this.mayRefuse([reply], now);
      // Unless it has asked for something else since.
      if (words.at(-1) === 'always' && agrees('OK', reply) && change === this.policyChanges)
        surroundings.policyIs(true);
      if (words[0] === 'WAITAOF' && surroundings.logs && agrees([1, 0], reply))
        history.promise(history.answered);
      if (words[0] === 'PING' && !agrees('PONG', reply))
        throw new Violation(`${this.name}: PING was answered ${shownReplies(reply)}`);
    });
  }
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}
