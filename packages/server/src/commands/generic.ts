import { ENTRY_TYPE_NAMES, Errors, errorReply, optionSlots, type RequestBatch } from '@kv/protocol';
import { matchesGlob } from '../glob.ts';
import type { Handler, Handlers, ServerContext } from '../handler.ts';
import { KeyRange } from '../key-range.ts';
import { SCAN_COUNT_MAX, SLICE_ENTRIES } from '../limits.ts';
import { inSlices } from '../sliced.ts';
import { expiryCommands } from './expiry.ts';
import { movingCommands } from './moving.ts';
import { objectCommands } from './object.ts';

const ScanOption = optionSlots('SCAN');
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
function keys(context: ServerContext): Handler {
  return (request, session, out) => {
    const { keyspace: db } = session;
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
    return inSlices(context, session, out, slice, (later) => {
      later.array(found.length);
      for (const key of found) later.bytes(key);
    });
  };
}

/** Deletes what matches, slice by slice. */
function delmatch(context: ServerContext): Handler {
  return (request, session, out) => {
    const { keyspace: db } = session;
    const pattern = request.range(request.at).slice();
    const range = new KeyRange();
    let cursor = 0;
    let deleted = 0;
    const slice = () => {
      const found: Uint8Array[] = [];
      cursor = db.scan(cursor, SLICE_ENTRIES, (ref) => {
        const key = db.keyOf(ref);
        if (matchesGlob(pattern, key)) found.push(key.slice());
      });
      for (const key of found) if (db.remove(range.take(key), 0)) deleted++;
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
