import { ENTRY_TYPE_NAMES, Errors, errorReply, optionSlots, type RequestBatch } from '@kv/protocol';
import {
  deadlineOf,
  type ExpiryUnit,
  invalidExpiry,
  MILLISECONDS,
  SECONDS,
  UNIX_MILLISECONDS,
  UNIX_SECONDS,
} from '../deadline.ts';
import { matchesGlob } from '../glob.ts';
import type { Handler, Handlers, ServerContext } from '../handler.ts';
import { SCAN_COUNT_MAX, SLICE_ENTRIES } from '../limits.ts';
import { inSlices } from '../sliced.ts';

const ScanOption = optionSlots('SCAN');
const ExpireOption = optionSlots('EXPIRE');
const SCAN_COUNT_DEFAULT = 10;

const INVALID_CURSOR = errorReply('invalid cursor');

const del: Handler = (request, { keyspace: db }, out) => {
  let deleted = 0;
  for (let i = 0; i < request.size; i++) if (db.remove(request, request.at + i)) deleted++;
  out.integer(deleted);
};

const exists: Handler = (request, { keyspace: db }, out) => {
  let found = 0;
  for (let i = 0; i < request.size; i++) if (db.find(request, request.at + i) !== 0) found++;
  out.integer(found);
};

const type: Handler = (request, { keyspace: db }, out) => {
  const ref = db.find(request, request.at);
  out.status(ref === 0 ? 'none' : (ENTRY_TYPE_NAMES[db.typeOf(ref)] as string));
};

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

function remaining(context: ServerContext, unitMs: number): Handler {
  return (request, { keyspace: db }, out) => {
    const ref = db.find(request, request.at);
    if (ref === 0) return out.integer(-2);
    const deadline = db.deadlineOf(ref);
    if (deadline === 0) return out.integer(-1);
    // Rounded to the nearest, as Redis does: TTL right after EXPIRE key 10 is 10.
    out.integer(Math.floor((deadline - context.keyspaces.now + unitMs / 2) / unitMs));
  };
}

const persist: Handler = (request, { keyspace: db }, out) => {
  const ref = db.find(request, request.at);
  if (ref === 0 || db.deadlineOf(ref) === 0) return out.integer(0);
  db.setDeadline(request, request.at, 0);
  out.integer(1);
};

/** Nothing at all is 0, as in Redis. */
const CURSOR = /^\d{0,16}$/;

/** The operand of an option: its argument, or -1 when the option was not given. */
const operandOf = (request: RequestBatch, slot: number): number =>
  (request.options[slot] as number) - 1;

const scan: Handler = (request, { keyspace: db }, out) => {
  const cursor = request.text(request.at);
  if (!CURSOR.test(cursor) || !Number.isSafeInteger(Number(cursor)))
    return out.error(INVALID_CURSOR);
  const counted = operandOf(request, ScanOption.COUNT);
  const count = counted < 0 ? SCAN_COUNT_DEFAULT : Number(request.integer(counted));
  if (count < 1) return out.error(Errors.syntax);
  const match = operandOf(request, ScanOption.MATCH);
  const pattern = match < 0 ? undefined : request.range(match);
  const typed = operandOf(request, ScanOption.TYPE);
  const wanted = typed < 0 ? undefined : request.text(typed).toLowerCase();
  const keys: Uint8Array[] = [];
  const next = db.scan(Number(cursor), Math.min(count, SCAN_COUNT_MAX), (ref) => {
    if (wanted !== undefined && ENTRY_TYPE_NAMES[db.typeOf(ref)] !== wanted) return;
    const key = db.keyOf(ref);
    if (pattern === undefined || matchesGlob(pattern, key)) keys.push(key);
  });
  out.array(2);
  out.text(String(next));
  out.array(keys.length);
  for (const key of keys) out.bytes(key);
};

/** Walks a database slice by slice, so that no other client waits for the whole of it. */
function keys({ timers }: ServerContext): Handler {
  return (request, { keyspace: db }, out) => {
    const pattern = request.range(request.at).slice();
    const found: Uint8Array[] = [];
    const visit = (ref: number) => {
      const key = db.keyOf(ref);
      if (matchesGlob(pattern, key)) found.push(key.slice());
    };
    let cursor = 0;
    const slice = () => {
      cursor = db.scan(cursor, SLICE_ENTRIES, visit);
      return cursor === 0;
    };
    return inSlices(timers, out, slice, (later) => {
      later.array(found.length);
      for (const key of found) later.bytes(key);
    });
  };
}

const randomkey: Handler = (_request, { keyspace: db }, out) => {
  const ref = db.random();
  if (ref === 0) out.absent();
  else out.bytes(db.keyOf(ref));
};

/** Handlers of `protocol/src/commands/generic.ts`, row by row. */
export function genericCommands(context: ServerContext): Handlers<'generic'> {
  return {
    DEL: del,
    DELETE: del,
    EXISTS: exists,
    TYPE: type,
    EXPIRE: expire(context, 'expire', SECONDS),
    PEXPIRE: expire(context, 'pexpire', MILLISECONDS),
    EXPIREAT: expire(context, 'expireat', UNIX_SECONDS),
    PEXPIREAT: expire(context, 'pexpireat', UNIX_MILLISECONDS),
    TTL: remaining(context, 1000),
    PTTL: remaining(context, 1),
    PERSIST: persist,
    SCAN: scan,
    KEYS: keys(context),
    RANDOMKEY: randomkey,
  };
}
