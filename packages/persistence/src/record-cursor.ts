/**
 * Records out of a block, one after the other, without allocating. This is the read side's hot path.
 * It trusts nothing but that the bytes are there: a block whose checksum fits may still have been
 * written by a faulty writer.
 */
import {
  DEADLINE_BYTES,
  KEY_DEADLINE_BIT,
  KEY_LENGTH_BITS,
  KEY_RESERVED_BITS,
  RECORD,
  RECORD_BYTES,
  readU64,
} from './layout.ts';
import { DEADLINE_MAX, VALUE_BYTES_MAX } from './limits.ts';

const EMPTY = new Uint8Array(0);

export class RecordCursor {
  type = 0;
  encoding = 0;
  database = 0;
  deadline: number | undefined;
  /** Where in the payload the current record begins. */
  start = 0;
  keyStart = 0;
  valueStart = 0;
  end = 0;
  /** What does not fit, once `next` has answered false before the last record. */
  fault: string | undefined;

  #payload: Uint8Array = EMPTY;
  #view: DataView = new DataView(EMPTY.buffer);
  #remaining = 0;

  /** Begins a block. */
  reset(payload: Uint8Array, records: number): void {
    this.#payload = payload;
    this.#view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    this.#remaining = records;
    this.start = 0;
    this.end = 0;
    this.fault = undefined;
  }

  /** Moves to the next record; false after the last one, and where something does not fit. */
  next(): boolean {
    this.start = this.end;
    const room = this.#payload.length - this.start;
    if (this.#remaining === 0) {
      if (room !== 0) this.fault = `${room} bytes follow the block's last record`;
      return false;
    }
    if (room < RECORD_BYTES) return this.#fail('a record passes the end of its block');
    const view = this.#view;
    const keyField = view.getUint32(this.start + RECORD.key, true);
    const valueLength = view.getUint32(this.start + RECORD.value, true);
    if ((keyField & KEY_RESERVED_BITS) !== 0)
      return this.#fail('reserved bits of a record are set');
    if (valueLength > VALUE_BYTES_MAX) return this.#fail(`a value's length is ${valueLength}`);
    const hasDeadline = keyField >= KEY_DEADLINE_BIT;
    const headBytes = hasDeadline ? RECORD_BYTES + DEADLINE_BYTES : RECORD_BYTES;
    const keyLength = keyField & KEY_LENGTH_BITS;
    if (headBytes + keyLength + valueLength > room) {
      return this.#fail('a record passes the end of its block');
    }
    this.type = view.getUint8(this.start + RECORD.type);
    this.encoding = view.getUint8(this.start + RECORD.encoding);
    this.database = view.getUint16(this.start + RECORD.database, true);
    this.deadline = hasDeadline ? readU64(view, this.start + RECORD.deadline) : undefined;
    if (hasDeadline && (this.deadline as number) > DEADLINE_MAX) {
      return this.#fail('a deadline is beyond 2^53-1');
    }
    this.keyStart = this.start + headBytes;
    this.valueStart = this.keyStart + keyLength;
    this.end = this.valueStart + valueLength;
    this.#remaining -= 1;
    return true;
  }

  #fail(fault: string): false {
    this.fault = fault;
    return false;
  }
}
