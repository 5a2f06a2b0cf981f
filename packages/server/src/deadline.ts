import { type ErrorReply, errorReply } from '@kv/protocol';

/** The unit of an expiry argument, and whether it counts from now or from 1970. */
export interface ExpiryUnit {
  readonly unitMs: 1 | 1000;
  readonly absolute: boolean;
}

export const SECONDS: ExpiryUnit = { unitMs: 1000, absolute: false };
export const MILLISECONDS: ExpiryUnit = { unitMs: 1, absolute: false };
export const UNIX_SECONDS: ExpiryUnit = { unitMs: 1000, absolute: true };
export const UNIX_MILLISECONDS: ExpiryUnit = { unitMs: 1, absolute: true };

/**
 * The deadline, in Unix milliseconds, that an expiry argument means; may lie in the
 * past. `undefined`: it is beyond 2^53-1, on either side.
 */
export function deadlineOf(
  amount: number | bigint,
  { unitMs, absolute }: ExpiryUnit,
  now: number,
): number | undefined {
  const deadline = Number(amount) * unitMs + (absolute ? 0 : now);
  return Number.isSafeInteger(deadline) ? deadline : undefined;
}

/** Redis's words for a time that can't be a deadline. */
export function invalidExpiry(command: string): ErrorReply {
  return errorReply(`invalid expire time in '${command}' command`);
}
