import { checkNames } from './arguments.ts';
import { KvStoreError } from './errors.ts';
import type { SetOptions } from './expiring-store.ts';

/** The latest deadline: the largest whole number that a double holds exactly. */
const DEADLINE_MAX = Number.MAX_SAFE_INTEGER;

const SET_OPTIONS = ['ttlMs', 'deadline', 'keepTtl'];

/** Later than any deadline: what stands where there is none. */
export const NEVER = Number.POSITIVE_INFINITY;

/**
 * The deadline that `options` ask for, `NEVER` when they ask for none.
 * A TTL or a deadline of 0 or less is refused.
 */
export function requestedDeadline(options: SetOptions | undefined, now: number): number {
  if (options?.ttlMs === undefined) return deadlineWithoutTtl(options);
  if (options.deadline !== undefined || options.keepTtl) throw contradiction();
  const requested = deadlineAfter(options.ttlMs, now);
  if (requested <= now) throw invalidTime(options.ttlMs);
  return requested;
}

function deadlineWithoutTtl(options: SetOptions | undefined): number {
  if (options === undefined) return NEVER;
  if (typeof options !== 'object' || options === null) {
    throw new KvStoreError('INVALID_ARGUMENT', 'options must be an object like { ttlMs: 5000 }');
  }
  const { deadline, keepTtl } = options;
  if (deadline === undefined) {
    // Options that ask for nothing are rare, and may be meant for another library: { ttl: 5 } would never expire.
    if (keepTtl === undefined) checkNames(options, SET_OPTIONS);
    return NEVER;
  }
  if (keepTtl) throw contradiction();
  if (checkedDeadline(deadline) <= 0) throw invalidTime(deadline);
  return deadline;
}

/** `now` plus a TTL that may be 0 or negative: whoever calls decides what that means. */
export function deadlineAfter(ttlMs: number, now: number): number {
  if (!Number.isSafeInteger(ttlMs) || now + ttlMs > DEADLINE_MAX) throw invalidTime(ttlMs);
  return now + ttlMs;
}

/** A deadline that may have passed already. */
export function checkedDeadline(deadline: number | undefined): number {
  if (deadline === undefined || !Number.isSafeInteger(deadline)) throw invalidTime(deadline);
  return deadline;
}

function contradiction(): KvStoreError {
  return new KvStoreError('INVALID_TTL', 'ttlMs, deadline and keepTtl exclude each other');
}

function invalidTime(time: unknown): KvStoreError {
  return new KvStoreError(
    'INVALID_TTL',
    `a TTL or deadline must be a whole number of milliseconds, at most 2^53-1, not ${String(time)}`,
  );
}
