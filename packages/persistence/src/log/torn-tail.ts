/**
 * Tells what a crash has left from what something else has damaged: LOG.md, "What a reader does".
 */
import { readU64 } from '../layout.ts';
import {
  LOG_RECORD,
  LOG_RECORD_BYTES,
  RECORD_EFFECTS,
  RECORD_END,
  ROOM_BYTE,
} from './log-layout.ts';
import type { SegmentReader } from './segment-reader.ts';

/** Looked at in one go, before the event loop turns. */
const STEP_BYTES = 256 * 1024;

/**
 * Looks for a whole record behind `reader.offset`, where one does not fit, that calls this place synced.
 * Answers its offset; `undefined` when there is none, so that the place is a torn tail.
 */
export async function findWitness(reader: SegmentReader): Promise<number | undefined> {
  const { offset, size } = reader;
  for (let start = offset + 1; size - start >= LOG_RECORD_BYTES; start += STEP_BYTES) {
    const length = Math.min(STEP_BYTES + LOG_RECORD_BYTES - 1, size - start);
    // A copy: reading a record moves the reader's window.
    const bytes = (await reader.bytes(start, length)).slice();
    const view = new DataView(bytes.buffer);
    for (let at = 0; at + LOG_RECORD_BYTES <= length; at += 1) {
      if (!isPossible(view, at, start + at, offset)) continue;
      const record = await reader.record(start + at);
      if (typeof record !== 'string') return start + at;
    }
  }
  return undefined;
}

/** Whether nothing but room, or nothing at all, lies behind `reader.offset`. */
export async function isRoom(reader: SegmentReader): Promise<boolean> {
  const { offset, size } = reader;
  for (let start = offset; start < size; start += STEP_BYTES) {
    const bytes = await reader.bytes(start, Math.min(STEP_BYTES, size - start));
    if (bytes.some((byte) => byte !== ROOM_BYTE)) return false;
  }
  return true;
}

/** Whether a head could begin here that has this offset, and calls `place` synced. */
function isPossible(view: DataView, at: number, offset: number, place: number): boolean {
  const kind = view.getUint32(at + LOG_RECORD.kind, true);
  return (
    kind >= RECORD_EFFECTS &&
    kind <= RECORD_END &&
    readU64(view, at + LOG_RECORD.offset) === offset &&
    readU64(view, at + LOG_RECORD.synced) > place
  );
}
