import type { FileSystem } from '@kv/persistence';
import type { Log } from '@kv/server';
import { SimulatedDisk } from '../../../../packages/persistence/test/simulated-disk.ts';
import type { Random } from '../oracle/random.ts';
import { DiskFaults } from './disk-faults.ts';
import { Violation } from './history.ts';
import type { Scheduler } from './scheduler.ts';
import { ServerProcess } from './server-process.ts';
import type { Settings } from './settings.ts';
import type { Link, Peer } from './simulated-network.ts';

/** How long a server may take to start, and to stop. */
const START_MS_MAX = 60_000;
const STOP_MS_MAX = 60_000;

/** What a start refuses damaged files with. */
const DAMAGE: ReadonlySet<unknown> = new Set(['LOG_DAMAGED', 'SNAPSHOT_DAMAGED']);
/** Work that was given up is told as an error to whoever asked for it. */
const SAVE_GIVEN_UP: ReadonlySet<unknown> = new Set([
  ...['SAVE_ABORTED', 'SAVE_IN_PROGRESS', 'SNAPSHOTS_CLOSED'],
]);
const GIVEN_UP: ReadonlySet<unknown> = new Set([
  ...SAVE_GIVEN_UP,
  ...['LOG_REWRITE_ABORTED', 'LOG_REWRITE_RUNNING', 'LOG_CLOSED'],
]);

export interface MachineOptions {
  readonly settings: Settings;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly around: (fs: FileSystem) => FileSystem;
  /** Lets time pass until a condition holds. */
  readonly until: (isOver: () => boolean) => Promise<void>;
  /** Whether anybody is still connected to a process that has died. */
  readonly isConnected: () => boolean;
  /** A save has begun, or is on disk. */
  readonly onSave: (state: 'begun' | 'done') => void;
  /** CONFIG SET appendonly has done what it was asked for, or has left the log as it was. */
  readonly onTurn: (state: 'begun' | 'ended' | 'kept') => void;
  readonly note: (text: string) => void;
}

/** A machine with a disk, on which one server process runs after the other. */
export class Machine {
  /** How many processes there have been. */
  life = 0;
  /** The disk has failed since this process began, and since when. */
  troubled = false;
  troubledSince = Number.POSITIVE_INFINITY;
  /** When this process began to serve, having loaded. */
  servingSince = Number.POSITIVE_INFINITY;
  stopping = false;
  /** A bit of a file has flipped before this process began. */
  damaged = false;
  /** It has said that it cut something off. */
  tailWasCut = false;
  private readonly options: MachineOptions;
  private readonly disk = new SimulatedDisk();
  private readonly faults: DiskFaults;
  private process: ServerProcess | undefined;

  constructor(options: MachineOptions) {
    this.options = options;
    const { random, scheduler, note } = options;
    this.faults = new DiskFaults(
      random,
      () => scheduler.now,
      ({ name, path }, code) => {
        note(`the disk fails ${name} of ${path} with ${code}`);
        this.troubled = true;
        this.troubledSince = Math.min(this.troubledSince, scheduler.now);
      },
    );
  }

  /** Whether a text would be on the disk if the power failed now. */
  isDurable(text: string): boolean {
    return this.disk.isDurable(text);
  }

  connect(peer: Peer): Link | undefined {
    return this.process?.network.connect(peer);
  }

  /** Starts a process that serves; false when it does not by `until`, because it is to be killed. */
  async start(until: number): Promise<boolean> {
    const { settings, random, scheduler, note } = this.options;
    const serves = () => this.servingSince <= scheduler.now;
    const mend = settings.bitsFlip && random.chance(0.5) ? this.damage() : undefined;
    const error = await this.startOnce(mend !== undefined, until);
    if (error === undefined) {
      if (!serves()) mend?.();
      return serves();
    }
    const { code } = error as { code?: unknown };
    if (!this.troubled && !(mend !== undefined && DAMAGE.has(code))) throw error;
    note(`the server does not start: ${String(code)}`);
    mend?.();
    await this.kill();
    const again = await this.startOnce(false, until);
    if (again !== undefined) throw again;
    return serves();
  }

  /** Answers why the process did not start, if it did not, and was not to be killed. */
  private async startOnce(damaged: boolean, until: number): Promise<unknown> {
    const { scheduler, random, settings, around, note } = this.options;
    const { disk, faults } = this;
    this.life++;
    note(`process ${this.life} starts`);
    this.troubled = false;
    this.troubledSince = Number.POSITIVE_INFINITY;
    this.servingSince = Number.POSITIVE_INFINITY;
    this.stopping = false;
    this.damaged = damaged;
    this.tailWasCut = false;
    const { flags } = settings;
    const process = new ServerProcess({
      ...{ scheduler, random, disk, flags, around, note },
      trouble: faults.of,
      log: (...line) => this.logged(...line),
    });
    this.process = process;
    let refusal: unknown;
    process.started.then(
      () => {
        this.servingSince = scheduler.now;
      },
      (error) => {
        refusal = error;
      },
    );
    const latest = scheduler.now + START_MS_MAX;
    const isOver = () => refusal !== undefined || this.servingSince <= scheduler.now;
    await this.options.until(() => isOver() || scheduler.now >= Math.min(until, latest));
    if (scheduler.now >= latest) throw new Violation(`it has not started for ${START_MS_MAX} ms`);
    return refusal;
  }

  /** Flips a bit of a file while nothing runs; answers how to mend it. */
  private damage(): (() => void) | undefined {
    const { disk } = this;
    const { random, note } = this.options;
    const paths = disk.paths().filter((path) => disk.content(path)?.length !== 0);
    if (paths.length === 0) return undefined;
    const path = random.pick(paths);
    const content = disk.content(path) as Uint8Array;
    const bit = random.between(0, content.length * 8 - 1);
    note(`bit ${bit} of ${path} flips`);
    const byte = (content[bit >> 3] as number) ^ (1 << (bit & 7));
    const damaged = content.with(bit >> 3, byte);
    disk.overwrite(path, damaged);
    return () => {
      // A file that was being renamed when the power failed may have both names; either may be gone by now.
      for (const name of disk.paths()) {
        const held = disk.content(name) as Uint8Array;
        if (name === path || Buffer.compare(held, damaged) === 0) disk.overwrite(name, content);
      }
    };
  }

  /** The disk fails for a while. */
  fail(): void {
    this.faults.begin();
  }

  /** SIGKILL; resolves when all clients have noticed. */
  async kill(): Promise<void> {
    this.faults.end();
    this.process?.kill();
    await this.options.until(() => !this.options.isConnected());
  }

  /** The power fails: what was not fsynced is lost, or not. */
  async losePower(): Promise<void> {
    const { random } = this.options;
    this.process?.kill();
    this.disk.crash(() => random.next());
    await this.kill();
  }

  /** SIGTERM; whether it ended well. */
  async stop(): Promise<boolean> {
    const { scheduler, until } = this.options;
    this.faults.end();
    this.stopping = true;
    let ended = false;
    let failure: unknown;
    this.process?.stop().then(
      () => {
        ended = true;
      },
      (error) => {
        failure = error;
      },
    );
    const latest = scheduler.now + STOP_MS_MAX;
    await until(() => ended || failure !== undefined || scheduler.now >= latest);
    if (failure !== undefined && !this.troubled) throw failure;
    if (!ended && failure === undefined)
      throw new Violation(`it has not stopped for ${STOP_MS_MAX} ms`);
    await this.kill();
    return ended;
  }

  /** What the server says in its log can be a promise, too. */
  private logged(level: keyof Log, message: string, fields: object): void {
    const { note, onSave, onTurn } = this.options;
    note(`log ${level}: ${message}`);
    const { err, reason } = fields as { err?: { code?: unknown }; reason?: unknown };
    if (level === 'error' && !this.troubled && !GIVEN_UP.has(err?.code))
      throw new Violation(`an error without a reason: ${message}: ${String(err)}`);
    if (message.startsWith('cut off what a crash had left')) this.tailWasCut = true;
    if (message === 'saving') onSave('begun');
    if (message === 'saved') onSave('done');
    if (message === 'append-only log rewritten' && reason === 'begin') onTurn('begun');
    if (message.startsWith('append-only log ended')) onTurn('ended');
    const isKept = message.startsWith('appendonly could not be set to no');
    if (isKept && SAVE_GIVEN_UP.has(err?.code)) onTurn('kept');
  }
}
