import { agrees, type Operation, type Outcome } from './operations.ts';
import {
  EMPTY,
  type Found,
  fitted,
  type Moment,
  type State,
  stateKey,
  stateText,
  type Window,
  worlds,
} from './state.ts';

/** Something that must not happen. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** A state that there was, after the operation with this number, or may have been. */
interface Step {
  readonly number: number;
  readonly state: State;
  /** When it was; `undefined` where no answer has told. */
  readonly answeredAt?: number;
}

/** An operation that has been sent and not been answered. */
interface Pending {
  readonly number: number;
  readonly operation: Operation;
  readonly sentAt: Moment;
}

/** More would be tried for ever; so many are never met. */
const STATES_MAX = 20_000;

/**
 * What one client has done to its database: the states that there were, one an operation, and those that there
 * may have been since. Nobody else writes to it, so that what is found in it later is one of them.
 */
export class History {
  readonly name: string;
  /** Whether operations without an answer may have been refused. */
  mayRefuse = false;
  private steps: Step[] = [{ number: 0, state: EMPTY, answeredAt: 0 }];
  /** What there may be by the answers so far: several, where it depends on whether something had expired. */
  private known: readonly State[] = [EMPTY];
  private pending: Pending[] = [];
  private readonly native: boolean;
  /** What the wall clock may have shown since a moment. */
  private readonly since: (moment: Moment) => Window;
  private lastNumber = 0;
  /** The number of the oldest operation that is promised to last. */
  private promised = 0;
  /** The number of the last operation of which others have seen the outcome. */
  private shown = 0;

  constructor(name: string, native: boolean, since: (moment: Moment) => Window) {
    this.name = name;
    this.native = native;
    this.since = since;
  }

  /** The number of the last operation that was answered. */
  get answered(): number {
    return (this.steps.at(-1) as Step).number;
  }

  /** Operations that wait for their answers. */
  get waiting(): number {
    return this.pending.length;
  }

  sent(operation: Operation, sentAt: Moment): void {
    this.pending.push({ number: ++this.lastNumber, operation, sentAt });
  }

  /** The oldest operation that waited has been answered. */
  replied(replies: readonly unknown[], answeredAt: number): void {
    const { number, operation, sentAt } = this.next();
    const after = this.after(this.known, operation, this.since(sentAt));
    const agreeing = after.filter((outcome) => agrees(outcome.replies, replies));
    if (agreeing.length === 0)
      throw new Violation(
        `${this.name}: ${wordsText(operation)} was answered ${shownReplies(replies)}, with ${this.knownText()}`,
      );
    this.add(number, distinct(agreeing.map(({ state }) => state)), answeredAt);
  }

  /** The oldest operation that waited has been refused: it has changed nothing. */
  refused(answeredAt: number): void {
    this.add(this.next().number, this.known, answeredAt);
  }

  private add(number: number, states: readonly State[], answeredAt: number): void {
    this.known = states;
    this.steps.push(...states.map((state) => ({ number, state, answeredAt })));
  }

  /** What executing an operation may answer and leave. */
  private after(before: readonly State[], operation: Operation, window: Window): Outcome[] {
    return before
      .flatMap((state) => worlds(state, operation.keys, window))
      .map((world) => operation.run(world, window, this.native));
  }

  private next(): Pending {
    const next = this.pending.shift();
    if (next === undefined) throw new Violation(`${this.name}: a reply that nobody asked for`);
    return next;
  }

  /** What is there after this operation is promised to be there after every crash. */
  promise(number: number): void {
    this.promised = Math.max(this.promised, number);
  }

  /** What was answered before a time is. */
  promiseBefore(time: number): void {
    const step = this.steps.findLast(
      ({ answeredAt = Number.POSITIVE_INFINITY }) => answeredAt <= time,
    );
    if (step !== undefined) this.promise(step.number);
  }

  /** Somebody else has seen the outcome of an operation. */
  show(number: number): void {
    this.shown = Math.max(this.shown, number);
  }

  /** The states that a reader may have seen between now and a moment at which this was the last answer. */
  seenSince(answered: number): Step[] {
    return [...this.steps.filter(({ number }) => number >= answered), ...this.speculate()];
  }

  /**
   * The state that a new connection has found, which must be one that was promised, or came later. What comes
   * behind it has not happened. `lossy`: the process is another one. `damaged`: a file was, so that less may be
   * there. Answers whether all that was promised is.
   */
  found(
    found: ReadonlyMap<string, Found>,
    window: Window,
    { lossy, damaged }: { lossy: boolean; damaged: boolean },
  ): boolean {
    const oldest = lossy ? this.promised : Math.max(this.answered, this.shown);
    const all = [...this.steps, ...this.speculate()];
    const fits = all.flatMap(({ number, state }) => {
      const exact = fitted(state, found, window);
      return exact === undefined ? [] : [{ number, exact }];
    });
    const number = fits.at(-1)?.number;
    if (number !== undefined) {
      if (number < oldest && !damaged) throw this.lost(number, oldest, found);
      // Times to live are read within a window, so that several may fit.
      const possible = fits.filter((fit) => damaged || fit.number >= oldest);
      this.settle(all, number, distinct(possible.map(({ exact }) => exact)));
      return number >= oldest;
    }
    throw new Violation(
      `${this.name}: found ${foundText(found)}, which never was. Last known after operation ${this.answered}: ${this.knownText()}; then ${this.pendingText()}`,
    );
  }

  private lost(number: number, oldest: number, found: ReadonlyMap<string, Found>): Violation {
    const step = this.steps.find((one) => one.number === oldest);
    const promised = step === undefined ? 'what had been shown' : stateText(step.state);
    return new Violation(
      `${this.name}: lost what was promised: found ${foundText(found)}, as after operation ${number}; promised was operation ${oldest}: ${promised}`,
    );
  }

  /** From here on it is known that this is so. */
  private settle(all: readonly Step[], number: number, states: readonly State[]): void {
    // Others may have seen those before it, which may be found yet if this one is lost.
    const before = all.filter((step) => step.number <= number);
    this.steps = [...before, ...states.map((state) => ({ number, state }))];
    this.known = states;
    this.pending = [];
    this.mayRefuse = false;
    this.promised = Math.min(this.promised, number);
    this.shown = Math.min(this.shown, number);
  }

  /** The states that operations without an answer may have left, in order. */
  private speculate(): Step[] {
    const all: Step[] = [];
    let last = this.known;
    for (const { number, operation, sentAt } of this.pending) {
      const outcomes = this.after(last, operation, this.since(sentAt));
      const next = outcomes.map(({ state }) => state);
      last = distinct(this.mayRefuse ? [...last, ...next] : next);
      if (last.length > STATES_MAX) throw new Error(`${last.length} states are too many to try`);
      all.push(...last.map((state) => ({ number, state })));
    }
    return all;
  }

  private knownText(): string {
    return this.known.map(stateText).join(', or ');
  }

  private pendingText(): string {
    return this.pending.map(({ operation }) => wordsText(operation)).join('; ') || 'nothing';
  }
}

function distinct(states: readonly State[]): readonly State[] {
  if (states.length < 2) return states;
  return [...new Map(states.map((state) => [stateKey(state), state])).values()];
}

export function wordsText({ words }: Operation): string {
  return words
    .map((one) => one.map((word) => (word.length > 24 ? `${word.slice(0, 24)}…` : word)).join(' '))
    .join(' | ');
}

export function shownReplies(replies: unknown): string {
  const shown = JSON.stringify(replies, (_key, value) => {
    if (value instanceof Error) return `-${value.message}`;
    if (value?.type === 'Buffer') return Buffer.from(value.data).toString('latin1');
    return value === undefined ? '(absent)' : value;
  });
  return shown.length > 300 ? `${shown.slice(0, 300)}…` : shown;
}

function foundText(found: ReadonlyMap<string, Found>): string {
  const there = [...found].filter(([, { value }]) => value !== undefined);
  if (there.length === 0) return '(nothing)';
  return there
    .map(([key, { value = '', ttlMs }]) => {
      const text = value.length > 24 ? `${value.slice(0, 24)}… (${value.length})` : value;
      return ttlMs === -1 ? `${key}=${text}` : `${key}=${text} for ${ttlMs} ms`;
    })
    .join(', ');
}
