import { errorReply, optionSlots, type RequestBatch } from '@kv/protocol';
import { databaseIndex } from '../database-index.ts';
import type { Handler, ServerContext } from '../handler.ts';
import type { Keyspace } from '../ports.ts';
import { dump, restore } from './dump.ts';

const CopyOption = optionSlots('COPY');

const NO_KEY = errorReply('no such key');
const SAME = errorReply('source and destination objects are the same');

/** Whether two arguments are the same key. */
function sameKey(request: RequestBatch, a: number, b: number): boolean {
  const [left, right] = [request.range(a), request.range(b)];
  return left.length === right.length && left.every((byte, i) => byte === right[i]);
}

/** Writes a record's entry once more, under another key or in another database. */
function copyEntry(
  request: RequestBatch,
  from: Keyspace,
  ref: number,
  to: Keyspace,
  key: number,
): void {
  // What the record lies in may be moved while it is written.
  const value = from.valueView(ref).slice();
  const [encoding, deadline] = [from.encodingOf(ref), from.deadlineOf(ref)];
  to.set(request, key, value, 0, value.length, encoding, deadline);
}

const rename =
  (onlyIfAbsent: boolean): Handler =>
  (request, { keyspace: db }, out) => {
    const [key, newKey] = [request.at, request.at + 1];
    const ref = db.find(request, key);
    if (ref === 0) return out.error(NO_KEY);
    const isSame = sameKey(request, key, newKey);
    if (onlyIfAbsent && (isSame || db.find(request, newKey) !== 0)) return out.integer(0);
    if (!isSame) {
      copyEntry(request, db, ref, db, newKey);
      db.remove(request, key);
    }
    if (onlyIfAbsent) out.integer(1);
    else out.status('OK');
  };

function copy({ keyspaces }: ServerContext): Handler {
  return (request, session, out) => {
    const [key, destination] = [request.at, request.at + 1];
    const argument = (request.options[CopyOption.DB] as number) - 1;
    const index = argument < 0 ? session.database : databaseIndex(request, argument, keyspaces);
    if (typeof index !== 'number') return out.error(index);
    if (index === session.database && sameKey(request, key, destination)) return out.error(SAME);
    const { keyspace: from } = session;
    const to = keyspaces.at(index);
    const ref = from.find(request, key);
    if (ref === 0) return out.integer(0);
    const replaces = request.options[CopyOption.REPLACE] !== 0;
    if (!replaces && to.find(request, destination) !== 0) return out.integer(0);
    copyEntry(request, from, ref, to, destination);
    out.integer(1);
  };
}

function move({ keyspaces }: ServerContext): Handler {
  return (request, session, out) => {
    const key = request.at;
    const index = databaseIndex(request, key + 1, keyspaces);
    if (typeof index !== 'number') return out.error(index);
    if (index === session.database) return out.error(SAME);
    const { keyspace: from } = session;
    const to = keyspaces.at(index);
    const ref = from.find(request, key);
    if (ref === 0 || to.find(request, key) !== 0) return out.integer(0);
    copyEntry(request, from, ref, to, key);
    from.remove(request, key);
    out.integer(1);
  };
}

/** Handlers of `protocol/src/commands/moving.ts`, row by row. */
export function movingCommands(context: ServerContext) {
  return {
    RENAME: rename(false),
    RENAMENX: rename(true),
    COPY: copy(context),
    MOVE: move(context),
    DUMP: dump,
    RESTORE: restore(context),
  };
}
