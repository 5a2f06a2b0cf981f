// GET of a key and SET of a value are most of what a server is asked. A run of them is executed
// in one loop here, small enough that the compiler makes one function of it with what it calls:
// a call for every step of every request would cost as much as the look-up.
import { ArgumentForm, compiledNamed, KEY_BYTES_MAX, type RequestBatch } from '@kv/protocol';
import type { Dialect } from './dialect.ts';
import type { Keyspace } from './ports.ts';
import type { Statistics } from './statistics.ts';
import { writeArgument } from './text-value.ts';

const GET = compiledNamed('GET')?.id as number;
const SET = compiledNamed('SET')?.id as number;

/** With more to send than a writer gathers, there are values that are sent from where they lie. */
const REPLY_BYTES_MAX = 64 * 1024;

/** Whether a row may begin a run. */
export function mayBeginRun(command: number): boolean {
  return command === GET || command === SET;
}

/**
 * Executes rows `[from, to)` as long as they are a GET of a key or, where it `mayWrite`, a SET of
 * a value without options; answers where something else begins, or where replies have been sent,
 * since the client may be slow to take them. A row for which there is no memory is left to be
 * executed, and refused, like any other.
 */
export function runPlain(
  batch: RequestBatch,
  from: number,
  to: number,
  db: Keyspace,
  out: Dialect['out'],
  mayWrite: boolean,
  statistics: Statistics,
): number {
  const { command, first, count } = batch;
  const { sends } = out;
  let row = from;
  let misses = 0;
  let writes = 0;
  try {
    for (; row < to && out.sends === sends && out.pendingBytes <= REPLY_BYTES_MAX; row++) {
      const key = first[row] as number;
      if (!isKey(batch, key)) break;
      if (command[row] === GET && count[row] === 1) {
        out.begin();
        const ref = db.find(batch, key);
        if (ref === 0) {
          misses++;
          out.absent();
        } else out.value(db, ref);
        out.end();
      } else if (mayWrite && command[row] === SET && count[row] === 2 && isShort(batch, key + 1)) {
        out.begin();
        writeArgument(batch, db, key, key + 1, 0);
        writes++;
        out.written(1);
        out.end();
      } else break;
    }
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'OUT_OF_MEMORY') throw error;
    out.cancel();
  }
  const reads = row - from - writes;
  const { calls } = statistics;
  calls[GET] = (calls[GET] as number) + reads;
  calls[SET] = (calls[SET] as number) + writes;
  statistics.keyspaceHits += reads - misses;
  statistics.keyspaceMisses += misses;
  return row;
}

function isKey(batch: RequestBatch, argument: number): boolean {
  return (batch.form[argument] as number) <= ArgumentForm.BYTES && isShort(batch, argument);
}

/** Whether an argument is no longer than a key may be. */
function isShort(batch: RequestBatch, argument: number): boolean {
  return (batch.length[argument] as number) <= KEY_BYTES_MAX;
}
