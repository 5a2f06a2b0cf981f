import type { FileSystem } from '@kv/persistence';
import { Random } from '../oracle/random.ts';
import { type History, Violation } from './history.ts';
import { Machine } from './machine.ts';
import type { Words } from './operations.ts';
import { Scheduler } from './scheduler.ts';
import { drawSettings, type Keeping, type Settings } from './settings.ts';
import { SimulatedClient, type Surroundings } from './simulated-client.ts';
import type { Link, Peer } from './simulated-network.ts';
import type { Moment, Window } from './state.ts';
import { Trace } from './trace.ts';

/** With `everysec` what was acknowledged longer ago than this is safe. */
const EVERYSEC_MS = 2_000;
const PATIENCE_CHECK_MS = 1_000;
/** A shorter text may be found on the disk by chance. */
const TELLING_LENGTH = 4;

export interface SimulationOptions {
  readonly seed: number;
  /** Default: drawn from the seed. */
  readonly keeping?: Keeping | undefined;
  /** Stands between the server and its disk: a planted bug. */
  readonly around?: ((fs: FileSystem) => FileSystem) | undefined;
  /** Told every event. */
  readonly onEvent?: ((text: string) => void) | undefined;
}

export interface SimulationResult {
  readonly seed: number;
  readonly settings: Settings;
  /** A digest of all that has happened: two runs of a seed have the same. */
  readonly trace: string;
  /** Operations that were answered. */
  readonly operations: number;
  readonly simulatedMs: number;
  /** How each process ended. */
  readonly endings: readonly string[];
  /** What must not happen and has, and the events before it. */
  readonly failure: { readonly message: string; readonly events: readonly string[] } | undefined;
}

/** How far a client had come when a save was begun. */
interface Saved {
  readonly history: History;
  readonly number: number;
}

/** Runs the world of a seed. */
export function simulate(options: SimulationOptions): Promise<SimulationResult> {
  return new Simulation(options).run();
}

/** A server, its disk and its clients, in one process: all that happens follows from the seed. */
class Simulation implements Surroundings {
  readonly machine: Machine;
  private readonly seed: number;
  private readonly random: Random;
  private readonly settings: Settings;
  private readonly trace: Trace;
  private readonly scheduler = new Scheduler();
  private readonly clients: readonly SimulatedClient[];
  private readonly endings: string[] = [];
  /** What the running save holds, and what the last one that is on disk does. */
  private saving: readonly Saved[] = [];
  private onDisk: readonly Saved[] = [];
  private endsEarly = false;
  /** Since when `appendfsync` has been `always`, where it is. */
  private alwaysSince = Number.NEGATIVE_INFINITY;
  /** Whether there is a log; `turning` where a client has asked for the other, and it has not come about. */
  private log: 'on' | 'off' | 'turning' = 'on';
  private thrown: unknown;

  constructor({ seed, keeping, around = (fs) => fs, onEvent }: SimulationOptions) {
    const random = new Random(seed);
    this.seed = seed;
    this.random = random;
    this.settings = drawSettings(random, keeping);
    this.trace = new Trace(onEvent);
    const { settings, scheduler } = this;
    this.machine = new Machine({
      ...{ settings, scheduler, random, around },
      until: (isOver) => this.until(isOver),
      isConnected: () => this.clients.some(({ connected }) => connected),
      onSave: (state) => this.saved(state),
      onTurn: (state) => this.turned(state),
      note: (text) => this.note(text),
    });
    this.clients = Array.from(
      { length: settings.clients },
      (_, index) => new SimulatedClient(index, random.chance(0.4), random, this),
    );
  }

  async run(): Promise<SimulationResult> {
    const thrown = (error: unknown) => {
      this.thrown ??= error;
    };
    process.on('unhandledRejection', thrown);
    process.on('uncaughtException', thrown);
    let failure: SimulationResult['failure'];
    try {
      await this.world();
    } catch (error) {
      const { message, stack = message } = error as Error;
      const events = this.trace.recent;
      failure = { message: error instanceof Violation ? message : stack, events };
    } finally {
      process.off('unhandledRejection', thrown);
      process.off('uncaughtException', thrown);
    }
    const { seed, settings, endings } = this;
    return {
      seed,
      settings,
      trace: this.trace.digest(),
      operations: this.clients.reduce((sum, { answered }) => sum + answered, 0),
      simulatedMs: this.scheduler.now,
      endings,
      failure,
    };
  }

  private async world(): Promise<void> {
    const { clients, settings } = this;
    const check = () => {
      for (const client of clients) client.checkPatience();
      this.after(PATIENCE_CHECK_MS, check);
    };
    check();
    for (const client of clients) client.comeBack();
    for (let life = 1; life < settings.lives; life++) {
      await this.live();
      await this.pass(this.random.next() * 200);
    }
    await this.lastLife();
  }

  /** A process begins with the options it was given. */
  private beginLife(): void {
    this.alwaysSince = Number.NEGATIVE_INFINITY;
    this.log = 'on';
  }

  /** One process, from its start to its end. */
  private async live(): Promise<void> {
    const { random, scheduler, machine } = this;
    this.beginLife();
    const diesEarly = random.chance(0.1);
    const until = diesEarly ? scheduler.now + random.next() * 10 : Number.POSITIVE_INFINITY;
    if (!(await machine.start(until))) return await this.crash();
    await this.work();
    await (!this.endsEarly && random.chance(0.25) ? this.stop() : this.crash());
  }

  /** The last process has to answer everything, and ends in peace. */
  private async lastLife(): Promise<void> {
    const { clients, machine } = this;
    this.beginLife();
    await machine.start(Number.POSITIVE_INFINITY);
    await this.work();
    await this.until(() => clients.every(({ settled }) => settled));
    for (const client of clients) client.rest();
    await this.until(() => clients.every(({ idle }) => idle));
    await this.stop();
  }

  /** For a while, in which the disk may fail and the clock may be set. */
  private async work(): Promise<void> {
    const { random, scheduler, settings, machine } = this;
    const ms = random.next() * (settings.keeping === 'everysec' ? 3_500 : 700);
    const { life } = machine;
    if (settings.diskFails)
      for (let i = random.between(0, 2); i > 0; i--)
        this.after(random.next() * ms, () => {
          if (machine.life === life) machine.fail();
        });
    const { clockJumpMs } = settings;
    if (clockJumpMs !== 0 && random.chance(0.5))
      this.after(random.next() * ms, () => {
        this.note(`the clock is set by ${clockJumpMs} ms`);
        scheduler.jump(clockJumpMs);
      });
    const until = scheduler.now + ms;
    this.endsEarly = false;
    await this.until(() => this.endsEarly || scheduler.now >= until);
  }

  /** The process is killed, or the power fails. */
  private async crash(): Promise<void> {
    const { random, scheduler, settings, machine } = this;
    const powerFails = random.chance(this.endsEarly ? 0.9 : 0.6);
    this.end(powerFails ? 'power failure' : 'SIGKILL');
    const at = Math.min(scheduler.now, machine.troubledSince);
    await (powerFails ? machine.losePower() : machine.kill());
    if (settings.keeping === 'everysec' || (settings.keeping === 'no' && !powerFails))
      for (const { history } of this.knowing) history.promiseBefore(at - EVERYSEC_MS);
  }

  /** SIGTERM: what was acknowledged is safe. */
  private async stop(): Promise<void> {
    const { settings, random, machine } = this;
    this.end('SIGTERM');
    const isKept = settings.flags.save !== '' || (this.logs && this.log === 'on');
    const ended = await machine.stop();
    if (ended && isKept) for (const { history } of this.knowing) history.promise(history.answered);
    if (random.chance(0.5)) await machine.losePower();
  }

  private end(how: string): void {
    this.note(how);
    this.endings.push(how);
  }

  private get knowing(): readonly SimulatedClient[] {
    return this.clients.filter(({ knows }) => knows);
  }

  /** Where there is no log, what a save has frozen is promised when it is on disk. */
  private saved(state: 'begun' | 'done'): void {
    if (state === 'begun')
      this.saving = this.knowing.map(({ history }) => ({ history, number: history.answered }));
    else {
      this.onDisk = this.saving;
      if (!this.logs || this.log === 'off') this.promiseSaved();
    }
  }

  private promiseSaved(): void {
    for (const { history, number } of this.onDisk) history.promise(number);
  }

  /** The snapshot that has taken the place of the log is all there is then. */
  private turned(state: 'begun' | 'ended' | 'kept'): void {
    if (this.log !== 'turning') return;
    this.log = state === 'ended' ? 'off' : 'on';
    if (state === 'ended') this.promiseSaved();
    else this.policyIs(true);
  }

  get logTurns(): boolean {
    return this.settings.logTurns;
  }

  turnLog(): Words | undefined {
    if (this.log === 'turning') return undefined;
    const words: Words = ['CONFIG', 'SET', 'appendonly', this.log === 'on' ? 'no' : 'yes'];
    this.log = 'turning';
    this.policyIs(false);
    return words;
  }

  private async pass(ms: number): Promise<void> {
    const until = this.scheduler.now + ms;
    await this.until(() => this.scheduler.now >= until);
  }

  private async until(isOver: () => boolean): Promise<void> {
    await this.scheduler.runUntil(() => this.thrown !== undefined || isOver());
    if (this.thrown !== undefined) throw this.thrown;
  }

  get now(): number {
    return this.scheduler.now;
  }

  get wall(): number {
    return this.scheduler.wall;
  }

  since(moment: Moment): Window {
    return this.scheduler.since(moment);
  }

  get logs(): boolean {
    return this.settings.keeping !== 'snapshots';
  }

  get policyChanges(): boolean {
    return this.settings.policyChanges;
  }

  promises(sentAt: number): boolean {
    return this.settings.keeping === 'always' && this.alwaysSince <= sentAt;
  }

  policyIs(always: boolean): void {
    this.alwaysSince = always ? this.now : Number.POSITIVE_INFINITY;
  }

  after(ms: number, run: () => void): void {
    this.scheduler.after(ms, run);
  }

  connect(peer: Peer): Link | undefined {
    return this.machine.connect(peer);
  }

  others(client: SimulatedClient): readonly SimulatedClient[] {
    return this.clients.filter((other) => other !== client);
  }

  foundAgain({ history, name }: SimulatedClient, wasPromised: boolean): void {
    if (!wasPromised && !this.machine.tailWasCut)
      throw new Violation(`${name}: something is lost, and the server has not said so`);
    // Whatever a start has read from a log it has made durable.
    if (this.logs) history.promise(history.answered);
  }

  /** What has been shown and is not on disk is best lost at once, where that must not happen. */
  shown(sentAt: number, values: readonly string[]): void {
    const { machine } = this;
    if (!this.promises(sentAt) || machine.troubled) return;
    const isEarly = values.some(
      (value) => value.length >= TELLING_LENGTH && !machine.isDurable(value),
    );
    if (isEarly) this.endsEarly = true;
  }

  note(text: string): void {
    this.trace.note(this.scheduler.now, text);
  }
}
