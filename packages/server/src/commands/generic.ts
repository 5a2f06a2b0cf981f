import {
  ENTRY_TYPE_NAMES,
  Errors,
  errorReply,
  optionSlots,
  REPLY_BYTES_MAX,
  type RequestBatch,
} from '@kv/protocol';
import { FoundKeys } from '../found-keys.ts';
import { matchesGlob } from '../glob.ts';
import type { Handler, Handlers, ServerContext } from '../handler.ts';
import { SCAN_COUNT_MAX, SLICE_DELETIONS, SLICE_ENTRIES } from '../limits.ts';
import { inSlices } from '../sliced.ts';
import { expiryCommands } from './expiry.ts';
import { movingCommands } from './moving.ts';
import { objectCommands } from './object.ts';

const ScanOption = optionSlots('SCAN');
const SCAN_COUNT_DEFAULT = 10;

/** What is found is gathered in arrays of about this length. */
const PART_BYTES = 256 * 1024;

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

/**
 * Walks a database slice by slice, so that no other client waits for the whole of it. The keys
 * are written as they will be sent: to do so at the end would be the longest slice of all.
 */
function keys(context: ServerContext): Handler {
  return (request, session, out) => {
    const { keyspace: db } = session;
    const pattern = request.range(request.at).slice();
    const aside = out.aside();
    const parts: Uint8Array[] = [];
    let partBytes = 0;
    let found = 0;
    const visit = (ref: number) => {
      const key = db.keyOf(ref);
      if (!matchesGlob(pattern, key)) return;
      aside.bytes(key);
      found++;
    };
    let cursor = 0;
    const slice = () => {
      cursor = db.scan(cursor, SLICE_ENTRIES, visit);
      const isLast = cursor === 0 || partBytes > REPLY_BYTES_MAX;
      if (isLast || aside.pendingBytes >= PART_BYTES) {
        const part = aside.take();
        partBytes += part.length;
        parts.push(part);
      }
      return isLast;
    };
    return inSlices(context, session, out, slice, (later) => {
      later.array(found);
      for (const part of parts) later.put(part);
    });
  };
}

/** Deletes what matches, slice by slice. */
function delmatch(context: ServerContext): Handler {
  return (request, session, out) => {
    const { keyspace: db } = session;
    const pattern = request.range(request.at).slice();
    const found = new FoundKeys();
    const visit = (ref: number) => {
      const key = db.keyOf(ref);
      if (matchesGlob(pattern, key)) found.add(key);
    };
    let cursor = 0;
    let deleted = 0;
    const slice = () => {
      found.clear();
      cursor = db.scan(cursor, SLICE_DELETIONS, visit);
      db.prefetch(found);
      for (let key = 0; key < found.keyCount; key++) if (db.remove(found, key)) deleted++;
      return cursor === 0;
    };
    return inSlices(context, session, out, slice, (later) => later.integer(deleted));
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
    UNLINK: del,
    DELMATCH: delmatch(context),
    EXISTS: exists,
    TOUCH: exists,
    TYPE: type,
    ...expiryCommands(context),
    ...movingCommands(context),
    ...objectCommands(context),
    SCAN: scan,
    KEYS: keys(context),
    RANDOMKEY: randomkey,
  };
}
