/**
 * The records of a block as columns of numbers. This is the read side's hot path: one loop, in which nothing is
 * allocated. It trusts nothing but that the bytes are there: a block whose checksum fits may still have been written
 * by a faulty writer.
 */
import type { EntryBatch } from './entry.ts';
import {
  DEADLINE_BYTES,
  KEY_LENGTH_BITS,
  KEY_RESERVED_BITS,
  RECORD,
  RECORD_BYTES,
  readU64,
} from './layout.ts';
import { DEADLINE_MAX, VALUE_BYTES_MAX } from './limits.ts';

const EMPTY = new Uint8Array(0);

/** A record that makes no sense. */
export interface RecordFault {
  /** Where in the payload it begins. */
  readonly start: number;
  readonly reason: string;
}

/** The entries of a block, in arrays that are used again for the next one. */
export class BlockEntries implements EntryBatch {
  count = 0;
  bytes: Uint8Array = EMPTY;
  view: DataView = new DataView(EMPTY.buffer);
  database = new Int32Array(0);
  type = new Int32Array(0);
  encoding = new Int32Array(0);
  keyOffset = new Int32Array(0);
  keyLength = new Int32Array(0);
  valueOffset = new Int32Array(0);
  valueLength = new Int32Array(0);
  deadline = new Float64Array(0);
  /** Records that have a deadline, whether they were left out or not. */
  withDeadline = 0;
  /** Records that were left out: their deadline has come. */
  expired = 0;

  /**
   * Takes the records of a payload; answers the first that makes no sense, and the entries are no use then.
   *
   * @param now - records whose deadline has come by then are left out; `undefined`: none are
   */
  fill(payload: Uint8Array, records: number, now: number | undefined): RecordFault | undefined {
    if (this.database.length < records) this.grow(records * 2);
    // What follows the payload is at hand too, so that its last bytes can be read by words.
    const { buffer, byteOffset, length } = payload;
    this.bytes = new Uint8Array(buffer);
    const view = new DataView(buffer);
    this.view = view;
    const { database, type, encoding, keyOffset, keyLength, valueOffset, valueLength } = this;
    const fault = (at: number, reason: string) => ({ start: at - byteOffset, reason });
    const end = byteOffset + length;
    let at = byteOffset;
    let count = 0;
    let withDeadline = 0;
    for (let i = 0; i < records; i += 1) {
      const room = end - at - RECORD_BYTES;
      if (room < 0) return fault(at, 'a record passes the end of its block');
      const kind = view.getInt32(at, true);
      // Signed, because that is what the compiler counts with: the highest bit says that a deadline follows.
      const keyField = view.getInt32(at + RECORD.key, true);
      const valueBytes = view.getInt32(at + RECORD.value, true);
      if ((keyField & KEY_RESERVED_BITS) !== 0)
        return fault(at, 'reserved bits of a record are set');
      if (valueBytes < 0 || valueBytes > VALUE_BYTES_MAX)
        return fault(at, `a value's length is ${valueBytes >>> 0}`);
      const keyBytes = keyField & KEY_LENGTH_BITS;
      const deadlineBytes = keyField < 0 ? DEADLINE_BYTES : 0;
      if (deadlineBytes + keyBytes + valueBytes > room)
        return fault(at, 'a record passes the end of its block');
      const key = at + RECORD_BYTES + deadlineBytes;
      const start = at;
      at = key + keyBytes + valueBytes;
      this.deadline[count] = 0;
      if (deadlineBytes > 0) {
        const deadline = readU64(view, start + RECORD.deadline);
        if (deadline > DEADLINE_MAX) return fault(start, 'a deadline is beyond 2^53-1');
        withDeadline += 1;
        // 0 is 1970, which a batch could not tell from never.
        if (now !== undefined && (deadline <= now || deadline === 0)) continue;
        this.deadline[count] = deadline;
      }
      type[count] = kind & 0xff;
      encoding[count] = (kind >>> 8) & 0xff;
      database[count] = kind >>> 16;
      keyOffset[count] = key;
      keyLength[count] = keyBytes;
      valueOffset[count] = key + keyBytes;
      valueLength[count] = valueBytes;
      count += 1;
    }
    this.count = count;
    this.withDeadline = withDeadline;
    this.expired = records - count;
    return at === end ? undefined : fault(at, `${end - at} bytes follow the block's last record`);
  }

  private grow(length: number): void {
    this.database = new Int32Array(length);
    this.type = new Int32Array(length);
    this.encoding = new Int32Array(length);
    this.keyOffset = new Int32Array(length);
    this.keyLength = new Int32Array(length);
    this.valueOffset = new Int32Array(length);
    this.valueLength = new Int32Array(length);
    this.deadline = new Float64Array(length);
  }
}
