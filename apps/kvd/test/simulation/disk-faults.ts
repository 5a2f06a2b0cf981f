import type { DiskCall } from '../../../../packages/persistence/test/simulated-disk.ts';
import type { Random } from '../oracle/random.ts';

/** What can go wrong with a disk. */
interface FaultKind {
  readonly code: 'ENOSPC' | 'EIO';
  readonly calls: ReadonlySet<DiskCall['name']>;
  /** How often such a call fails. */
  readonly chance: number;
}

const KINDS: readonly FaultKind[] = [
  {
    code: 'ENOSPC',
    calls: new Set(['write', 'writeNow', 'createFile', 'makeDirectory']),
    chance: 1,
  },
  {
    code: 'EIO',
    calls: new Set(['sync', 'syncData', 'syncDataNow', 'syncDirectory']),
    chance: 0.5,
  },
  {
    code: 'EIO',
    calls: new Set(['write', 'writeNow', 'truncate', 'rename', 'removeFile']),
    chance: 0.4,
  },
];

/** A disk that fails from time to time, for a while. */
export class DiskFaults {
  private readonly random: Random;
  private readonly now: () => number;
  private readonly failed: (call: DiskCall, code: string) => void;
  private kind: FaultKind | undefined;
  private endsAt = 0;

  constructor(random: Random, now: () => number, failed: (call: DiskCall, code: string) => void) {
    this.random = random;
    this.now = now;
    this.failed = failed;
  }

  /** Fails from now on, for a while. */
  begin(): void {
    this.kind = this.random.pick(KINDS);
    this.endsAt = this.now() + this.random.next() * (this.random.chance(0.5) ? 30 : 2_500);
  }

  end(): void {
    this.kind = undefined;
  }

  /** The code with which a call fails; `undefined` when it does not. */
  readonly of = (call: DiskCall): string | undefined => {
    const { kind } = this;
    if (kind === undefined || this.now() > this.endsAt || !kind.calls.has(call.name))
      return undefined;
    if (!this.random.chance(kind.chance)) return undefined;
    this.failed(call, kind.code);
    return kind.code;
  };
}
