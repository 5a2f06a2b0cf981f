import { optionSlots } from '@kv/protocol';
import {
  deadlineOf,
  type ExpiryUnit,
  invalidExpiry,
  MILLISECONDS,
  SECONDS,
  UNIX_MILLISECONDS,
  UNIX_SECONDS,
} from '../deadline.ts';
import type { Handler, ServerContext } from '../handler.ts';

const ExpireOption = optionSlots('EXPIRE');

/** Whether NX, XX, GT or LT let a new deadline replace the old one; 0 is none, which is for ever. */
function allowed(options: Int32Array, old: number, deadline: number): boolean {
  if (options[ExpireOption.NX] !== 0) return old === 0;
  if (options[ExpireOption.XX] !== 0 && old === 0) return false;
  if (options[ExpireOption.GT] !== 0) return old !== 0 && deadline > old;
  if (options[ExpireOption.LT] !== 0) return old === 0 || deadline < old;
  return true;
}

function expire(context: ServerContext, name: string, unit: ExpiryUnit): Handler {
  return (request, { keyspace: db }, out) => {
    const { at: key, options } = request;
    const now = context.keyspaces.now;
    const deadline = deadlineOf(request.integer(key + 1) as number | bigint, unit, now);
    if (deadline === undefined) return out.error(invalidExpiry(name));
    const ref = db.find(request, key);
    if (ref === 0 || !allowed(options, db.deadlineOf(ref), deadline)) return out.integer(0);
    if (deadline <= now) db.remove(request, key);
    else db.setDeadline(request, key, deadline);
    out.integer(1);
  };
}

/** What tells of a deadline: the time to it, or with `from1970` the deadline itself. */
function remaining(context: ServerContext, unitMs: number, from1970 = false): Handler {
  return (request, { keyspace: db }, out) => {
    const ref = db.find(request, request.at);
    if (ref === 0) return out.integer(-2);
    const deadline = db.deadlineOf(ref);
    if (deadline === 0) return out.integer(-1);
    const from = from1970 ? 0 : context.keyspaces.now;
    // Rounded to the nearest, as Redis does: TTL right after EXPIRE key 10 is 10.
    out.integer(Math.floor((deadline - from + unitMs / 2) / unitMs));
  };
}

const persist: Handler = (request, { keyspace: db }, out) => {
  const ref = db.find(request, request.at);
  if (ref === 0 || db.deadlineOf(ref) === 0) return out.integer(0);
  db.setDeadline(request, request.at, 0);
  out.integer(1);
};

/** Handlers of `protocol/src/commands/expiry.ts`, row by row. */
export function expiryCommands(context: ServerContext) {
  return {
    EXPIRE: expire(context, 'expire', SECONDS),
    PEXPIRE: expire(context, 'pexpire', MILLISECONDS),
    EXPIREAT: expire(context, 'expireat', UNIX_SECONDS),
    PEXPIREAT: expire(context, 'pexpireat', UNIX_MILLISECONDS),
    TTL: remaining(context, 1000),
    PTTL: remaining(context, 1),
    EXPIRETIME: remaining(context, 1000, true),
    PEXPIRETIME: remaining(context, 1, true),
    PERSIST: persist,
  };
}
