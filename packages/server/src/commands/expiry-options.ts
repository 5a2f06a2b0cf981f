import type { RequestBatch } from '@kv/protocol';
import {
  deadlineOf,
  type ExpiryUnit,
  MILLISECONDS,
  SECONDS,
  UNIX_MILLISECONDS,
  UNIX_SECONDS,
} from '../deadline.ts';

/** Where a command's EX, PX, EXAT and PXAT are. */
export interface ExpirySlots {
  readonly EX: number;
  readonly PX: number;
  readonly EXAT: number;
  readonly PXAT: number;
}

/**
 * Makes what reads a command's expiry from its options: the deadline, 0 for none given,
 * `undefined` for one that can't be.
 */
export function expiryReader({ EX, PX, EXAT, PXAT }: ExpirySlots) {
  const units: readonly (readonly [slot: number, unit: ExpiryUnit])[] = [
    [EX, SECONDS],
    [PX, MILLISECONDS],
    [EXAT, UNIX_SECONDS],
    [PXAT, UNIX_MILLISECONDS],
  ];
  return (request: RequestBatch, now: number): number | undefined => {
    for (const [slot, unit] of units) {
      const operand = (request.options[slot] as number) - 1;
      if (operand < 0) continue;
      const amount = request.integer(operand) as number | bigint;
      return amount > 0 ? deadlineOf(amount, unit, now) : undefined;
    }
    return 0;
  };
}
