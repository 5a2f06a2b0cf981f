// How long commands take. To ask for the time costs as much as a small command, so those are
// timed one batch in so many, and every call of all others; and each batch as a whole, so that
// nothing that took long goes unseen.
import { COMPILED, type RequestBatch } from '@kv/protocol';
import { LatencyHistogram } from './latency-histogram.ts';
import type { LatencyMonitor } from './latency-monitor.ts';
import type { Clock, Diagnostics } from './ports.ts';
import type { Session } from './session.ts';
import { shownWords } from './shown-words.ts';
import { SLOW_LOG_SHOWN, type SlowLog } from './slow-log.ts';

/** One batch in so many is timed command by command. */
const SAMPLED_BATCHES = 256;
/** A limit below this is kept to by each command; a batch of small ones stays far below. */
const BATCH_MS = 10;

/** More keys than this are no small thing. */
const FEW_ARGUMENTS = 16;
/** More than a command of constant time takes. */
const ANY_ARGUMENTS = 255;
/**
 * By command number: with up to so many arguments it takes so little time that it is timed now
 * and then only.
 */
const SMALL_SIZE = Uint8Array.from(COMPILED, (command) => {
  if (command?.row.complexity === 'O(1)') return ANY_ARGUMENTS;
  // One step for each key, whatever its value.
  return command?.plain && command.repeats > 0 ? FEW_ARGUMENTS : 0;
});

const flagged = (flag: string): Uint8Array =>
  Uint8Array.from(COMPILED, (command) => {
    const flags: readonly string[] = command?.row.flags ?? [];
    return flags.includes(flag) ? 1 : 0;
  });
const IS_FAST = flagged('fast');
const SKIPS_SLOW_LOG = flagged('skip_slowlog');

/** Where a server's measurements go, and by which clocks they are made. */
interface TimerParts {
  /** Milliseconds with fractions, of a clock that only goes forward. */
  readonly monotonic: () => number;
  readonly clock: Clock;
  readonly slowLog: SlowLog;
  readonly latency: LatencyMonitor;
}

/** Times commands, and keeps what took long. */
export class CommandTimer {
  /** Every command is timed, small ones too; decided for each batch. */
  closely = true;
  /** By command number: how many calls were timed, and how long they took together. */
  readonly timedCalls = new Float64Array(COMPILED.length);
  readonly timedUs = new Float64Array(COMPILED.length);
  readonly histograms = new Map<number, LatencyHistogram>();
  private readonly parts: TimerParts;
  private settings: Diagnostics;
  private always = false;
  private untilSample = 0;
  /** When the batch began by the wall clock, and when the one before it ended by the other. */
  private beganAt = 0;
  private endedAt = 0;
  /** The part of the batch that has been timed command by command, and its rows. */
  private timedMs = 0;
  private readonly timedRows: number[] = [];

  constructor(parts: TimerParts, settings: Diagnostics) {
    this.parts = parts;
    this.settings = settings;
    this.diagnostics = settings;
  }

  get diagnostics(): Diagnostics {
    return this.settings;
  }

  set diagnostics(settings: Diagnostics) {
    this.settings = settings;
    this.parts.slowLog.lengthMax = settings.slowLogMax;
    const { slowerThanUs, latencyMs, tracking } = settings;
    if (!tracking) this.histograms.clear();
    this.always =
      (slowerThanUs >= 0 && slowerThanUs < BATCH_MS * 1000) ||
      (latencyMs > 0 && latencyMs < BATCH_MS);
  }

  now(): number {
    return this.parts.monotonic();
  }

  /** Whether a call of a command is not to be timed by itself. The first always is. */
  skips(id: number, size: number): boolean {
    return size <= (SMALL_SIZE[id] as number) && !this.closely && this.timedCalls[id] !== 0;
  }

  /** A batch is about to be executed; `now` is the time by the wall clock. */
  begin(now: number): void {
    const samples = this.untilSample-- <= 0;
    if (samples) this.untilSample = SAMPLED_BATCHES;
    this.closely = samples || this.always;
    this.timedMs = 0;
    if (this.timedRows.length > 0) this.timedRows.length = 0;
    this.beganAt = now;
  }

  /**
   * A batch has been executed. If what was not timed in it took long, that can't be told from
   * each other any more: it is kept by the first command, with how many there were.
   *
   * The time since the batch before ended is what this one took at most, and one look at the clock
   * tells it. Only where that is long the wall clock is asked as well; it alone may have been set.
   */
  end(request: RequestBatch, rows: number, session: Session): void {
    const { monotonic, clock } = this.parts;
    const before = this.endedAt;
    this.endedAt = monotonic();
    const atMost = this.endedAt - before - this.timedMs;
    if (this.closely || atMost < BATCH_MS) return;
    const ms = Math.min(atMost, clock.now() - this.beganAt - this.timedMs);
    if (ms < BATCH_MS) return;
    const untimed = Array.from({ length: rows }, (_, row) => row).filter(
      (row) => !this.timedRows.includes(row) && (request.command[row] as number) > 0,
    );
    const [first] = untimed;
    if (first === undefined) return;
    this.keep(request.command[first] as number, ms, request, first, session, untimed.length - 1);
  }

  /** A command has been executed, in so many milliseconds. */
  took(id: number, ms: number, request: RequestBatch, row: number, session: Session): void {
    this.account(row, ms, session);
    this.count(id, ms);
    this.keep(id, ms, request, row, session, 0);
  }

  /** For a command that goes on in slices: to be told how long they took, when it is done. */
  later(
    id: number,
    firstMs: number,
    request: RequestBatch,
    row: number,
    session: Session,
  ): (ms: number) => void {
    this.account(row, firstMs, session);
    const words = shownWords(id, request, row, SLOW_LOG_SHOWN);
    return (ms) => {
      this.count(id, firstMs + ms);
      this.log(firstMs + ms, words, session);
      // Others had their turn between the slices: none of them waited for the whole.
      this.spike(id, firstMs);
    };
  }

  /** CONFIG RESETSTAT. */
  reset(): void {
    this.timedCalls.fill(0);
    this.timedUs.fill(0);
    this.histograms.clear();
  }

  /** The rest of the batch is what was not timed; the rows of a transaction are in that of EXEC. */
  private account(row: number, ms: number, { executing }: Session): void {
    if (executing) return;
    this.timedMs += ms;
    this.timedRows.push(row);
  }

  private count(id: number, ms: number): void {
    this.timedCalls[id] = (this.timedCalls[id] as number) + 1;
    this.timedUs[id] = (this.timedUs[id] as number) + ms * 1000;
    if (!this.settings.tracking) return;
    let histogram = this.histograms.get(id);
    if (histogram === undefined) {
      histogram = new LatencyHistogram();
      this.histograms.set(id, histogram);
    }
    histogram.add(ms * 1e6);
  }

  private keep(
    id: number,
    ms: number,
    request: RequestBatch,
    row: number,
    session: Session,
    others: number,
  ): void {
    const { slowerThanUs } = this.settings;
    this.spike(id, ms);
    if (slowerThanUs < 0 || ms * 1000 < slowerThanUs || SKIPS_SLOW_LOG[id] === 1) return;
    const words = shownWords(id, request, row, SLOW_LOG_SHOWN);
    if (others > 0) words.push(new TextEncoder().encode(`... (or one of ${others} behind it)`));
    this.log(ms, words, session);
  }

  private spike(id: number, ms: number): void {
    const { latencyMs } = this.settings;
    if (latencyMs === 0 || ms < latencyMs) return;
    const { latency, clock } = this.parts;
    latency.add(IS_FAST[id] === 1 ? 'fast-command' : 'command', ms, clock.now());
  }

  private log(ms: number, words: readonly Uint8Array[], session: Session): void {
    const { slowerThanUs } = this.settings;
    if (slowerThanUs < 0 || ms * 1000 < slowerThanUs) return;
    const { slowLog, clock } = this.parts;
    slowLog.add({
      at: Math.floor(clock.now() / 1000),
      microseconds: Math.floor(ms * 1000),
      words,
      address: session.address,
      clientName: session.name,
    });
  }
}
