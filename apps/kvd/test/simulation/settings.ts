import type { Random } from '../oracle/random.ts';

/** How the data of a simulated server is kept. */
export type Keeping = 'always' | 'everysec' | 'no' | 'snapshots';

/** What is drawn once for a run. */
export interface Settings {
  readonly keeping: Keeping;
  readonly flags: Readonly<Record<string, string>>;
  readonly clients: number;
  /** How many processes there are, one after the other. */
  readonly lives: number;
  readonly diskFails: boolean;
  /** Bits of files flip while no process runs. */
  readonly bitsFlip: boolean;
  /** One client changes `appendfsync` now and then. */
  readonly policyChanges: boolean;
  /** One client turns the log off now and then, and on again. */
  readonly logTurns: boolean;
  /** By how much the wall clock is set forward now and then, or back; 0 is never. */
  readonly clockJumpMs: number;
}

const KEEPINGS: readonly Keeping[] = [
  ...['always', 'always', 'always', 'always'],
  ...['everysec', 'everysec', 'snapshots', 'snapshots', 'snapshots', 'no'],
] as Keeping[];

/** One hour forward, or two back. */
const CLOCK_JUMPS_MS: readonly number[] = [3_600_000, -7_200_000];

export function drawSettings(random: Random, keeping: Keeping = random.pick(KEEPINGS)): Settings {
  const logs = keeping !== 'snapshots';
  const policyChanges = keeping === 'always' && random.chance(0.3);
  const savePoints = random.pick(logs ? ['', '1 20'] : ['', '1 1', '1 20']);
  const flags = {
    port: '0',
    bind: '127.0.0.1',
    dir: '/data',
    databases: '8',
    save: savePoints,
    appendonly: logs ? 'yes' : 'no',
    ...(logs ? { appendfsync: keeping } : {}),
    'auto-aof-rewrite-percentage': '100',
    'auto-aof-rewrite-min-size': random.pick(['1kb', '4kb', '64mb']),
    transport: random.pick(['auto', 'auto', 'stream']),
  };
  const clients = random.between(2, 4);
  return {
    keeping,
    flags: { ...flags, 'stop-writes-on-bgsave-error': clients === 3 ? 'no' : 'yes' },
    clients,
    lives: random.between(2, 5),
    diskFails: random.chance(0.25),
    bitsFlip: random.chance(0.2),
    policyChanges,
    logTurns: keeping === 'always' && !policyChanges && random.chance(0.4),
    clockJumpMs: random.chance(0.15) ? random.pick(CLOCK_JUMPS_MS) : 0,
  };
}
