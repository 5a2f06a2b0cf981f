import type { FileSystem } from '@kv/persistence';
import type { Log } from '@kv/server';
import type {
  DiskCall,
  SimulatedDisk,
} from '../../../../packages/persistence/test/simulated-disk.ts';
import { assemble, type Daemon } from '../../src/assemble.ts';
import { resolveConfig } from '../../src/config/resolve.ts';
import type { Random } from '../oracle/random.ts';
import { MemoryPool } from './memory-pool.ts';
import { ProcessTime } from './process-time.ts';
import type { Scheduler } from './scheduler.ts';
import { SimulatedNetwork } from './simulated-network.ts';

const POOL = new MemoryPool();

/** What a process is made with. */
export interface ProcessOptions {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly disk: SimulatedDisk;
  readonly flags: Readonly<Record<string, string>>;
  /** The code with which a call of the disk fails. */
  readonly trouble: (call: DiskCall) => string | undefined;
  /** Replaces the file system that a process sees; for planted bugs. */
  readonly around: (fs: FileSystem) => FileSystem;
  readonly log: (level: keyof Log, message: string, fields: object) => void;
  readonly note: (text: string) => void;
}

/** One process that serves, from its start to its end. */
export class ServerProcess {
  readonly network: SimulatedNetwork;
  /** Resolves with whether it serves; rejects with why it did not start. Never, if it is killed before. */
  readonly started: Promise<boolean>;
  private readonly time: ProcessTime;
  private readonly memory = POOL.open();
  private readonly assembling: Promise<Daemon>;

  constructor(options: ProcessOptions) {
    const { scheduler, random } = options;
    this.time = new ProcessTime(scheduler, random);
    this.network = new SimulatedNetwork(scheduler, random);
    this.assembling = this.assemble(options);
    this.started = this.assembling.then((daemon) => daemon.load());
  }

  /** Ends it as SIGTERM does; resolves when it has ended. */
  async stop(): Promise<void> {
    const daemon = await this.assembling;
    await daemon.shutdown();
  }

  /** Ends it as SIGKILL does: from this moment on it does nothing. */
  kill(): void {
    this.time.alive = false;
    this.network.die();
    this.memory.release();
  }

  private assemble(options: ProcessOptions): Promise<Daemon> {
    const { scheduler, random, disk, flags, trouble, around, log, note } = options;
    const { time } = this;
    const { config } = resolveConfig({ flags, env: {}, file: undefined });
    const fs = disk.mount(
      ({ name }) => time.sleep(latency(random, name)),
      (call) => {
        note(`disk ${call.name} ${call.path}`);
        return trouble(call);
      },
      ({ name }) => scheduler.block(latency(random, name)),
    );
    const line = (level: keyof Log) => (fields: object, message: string) => {
      if (time.alive) log(level, message, fields);
    };
    return assemble(config, {
      clock: time.clock,
      timers: time,
      log: { debug: line('debug'), info: line('info'), warn: line('warn'), error: line('error') },
      random: () => random.next(),
      inMemory: false,
      world: {
        environment: {
          fs: around(fs),
          monotonic: time.monotonic,
          yieldToEventLoop: time.yieldToEventLoop,
          randomBytes: (count) => Uint8Array.from({ length: count }, () => random.between(0, 255)),
        },
        network: this.network,
        allocate: this.memory.allocate,
        lock: async () => ({ takenOverFrom: undefined, release: () => {} }),
      },
    });
  }
}

/** Most calls take next to no time; an fsync, and some others, wait for the disk. */
function latency(random: Random, call: DiskCall['name']): number {
  const kind = random.next();
  const isSync = call.startsWith('sync');
  if (kind < (isSync ? 0.4 : 0.85)) return random.next() * 0.1;
  return random.next() * (kind < 0.97 ? (isSync ? 10 : 1) : 60);
}
