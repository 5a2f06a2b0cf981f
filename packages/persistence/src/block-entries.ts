import type { EntryBatch } from './entry.ts';
import type { RecordCursor } from './record-cursor.ts';

const EMPTY = new Uint8Array(0);

/** The live entries of a block, in arrays that are used again for the next one. */
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
  /** Entries that were left out: their deadline has come. */
  expired = 0;

  /** Takes the records that a cursor is about to walk; `cursor.fault` says whether they make sense. */
  fill(payload: Uint8Array, records: number, cursor: RecordCursor, now: number): void {
    if (this.database.length < records) this.grow(records * 2);
    // What follows the payload is at hand too, so that its last bytes can be read by words.
    const { buffer, byteOffset } = payload;
    this.bytes = new Uint8Array(buffer);
    this.view = new DataView(buffer);
    this.expired = 0;
    let count = 0;
    cursor.reset(payload, records);
    while (cursor.next()) {
      const { deadline } = cursor;
      // 0 is 1970, which a batch could not tell from never.
      if (deadline !== undefined && (deadline <= now || deadline === 0)) {
        this.expired += 1;
        continue;
      }
      this.database[count] = cursor.database;
      this.type[count] = cursor.type;
      this.encoding[count] = cursor.encoding;
      this.keyOffset[count] = byteOffset + cursor.keyStart;
      this.keyLength[count] = cursor.valueStart - cursor.keyStart;
      this.valueOffset[count] = byteOffset + cursor.valueStart;
      this.valueLength[count] = cursor.end - cursor.valueStart;
      this.deadline[count] = deadline ?? 0;
      count += 1;
    }
    this.count = count;
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
