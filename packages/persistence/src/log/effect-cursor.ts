/** Effects out of a record's payload, one after the other, without allocating. */
import { KEY_DEADLINE_BIT, KEY_LENGTH_BITS, KEY_RESERVED_BITS, readU64 } from '../layout.ts';
import { DEADLINE_MAX, VALUE_BYTES_MAX } from '../limits.ts';
import {
  EFFECT,
  EFFECT_BYTES,
  EFFECT_DEADLINE,
  EFFECT_FLUSH,
  EFFECT_PUT,
  EFFECT_REMOVE,
  EFFECT_SWAP,
  SWAP_BYTES,
} from './log-layout.ts';

const EMPTY = new Uint8Array(0);
const DEADLINE_BYTES = 8;

/**
 * Walks through a payload. It trusts nothing but that the bytes are there: a record whose checksums fit may
 * still have been written by a faulty writer.
 */
export class EffectCursor {
  kind = 0;
  type = 0;
  encoding = 0;
  database = 0;
  /** Of a swap: the database that changes places with `database`. */
  other = 0;
  deadline: number | undefined;
  /** Where in the payload the current effect begins. */
  start = 0;
  keyStart = 0;
  valueStart = 0;
  end = 0;
  /** What does not fit, once `next` has answered false before the end. */
  fault: string | undefined;

  private view: DataView = new DataView(EMPTY.buffer);

  /** Begins a payload. */
  reset(payload: Uint8Array): void {
    this.view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    this.start = 0;
    this.end = 0;
    this.fault = undefined;
  }

  /** Moves to the next effect; false after the last one, and where something does not fit. */
  next(): boolean {
    const { view } = this;
    this.start = this.end;
    const at = this.start;
    const room = view.byteLength - at;
    if (room === 0) return false;
    if (room < EFFECT_BYTES) return this.fail('an effect passes the end of its record');
    const keyField = view.getUint32(at + EFFECT.key, true);
    const valueLength = view.getUint32(at + EFFECT.value, true);
    const hasDeadline = keyField >= KEY_DEADLINE_BIT;
    const head = hasDeadline ? EFFECT_BYTES + DEADLINE_BYTES : EFFECT_BYTES;
    const keyLength = keyField & KEY_LENGTH_BITS;
    if (head + keyLength + valueLength > room)
      return this.fail('an effect passes the end of its record');
    this.kind = view.getUint8(at + EFFECT.kind);
    this.type = view.getUint8(at + EFFECT.type);
    this.encoding = view.getUint8(at + EFFECT.encoding);
    this.database = view.getUint16(at + EFFECT.database, true);
    this.deadline = hasDeadline ? readU64(view, at + EFFECT.deadline) : undefined;
    this.keyStart = at + head;
    this.valueStart = this.keyStart + keyLength;
    this.end = this.valueStart + valueLength;
    const reserved =
      view.getUint8(at + EFFECT.reserved) |
      view.getUint16(at + EFFECT.reserved2, true) |
      (keyField & KEY_RESERVED_BITS);
    if (reserved !== 0) return this.fail('reserved bits of an effect are set');
    if (!this.isSound(keyLength, valueLength))
      return this.fail('an effect has what its kind has not');
    if (this.kind === EFFECT_SWAP) this.other = view.getUint16(this.valueStart, true);
    return true;
  }

  private isSound(keyLength: number, valueLength: number): boolean {
    const { kind, deadline } = this;
    if (deadline !== undefined && deadline > DEADLINE_MAX) return false;
    if (kind === EFFECT_PUT) return valueLength <= VALUE_BYTES_MAX;
    if (this.type !== 0 || this.encoding !== 0) return false;
    if (valueLength !== (kind === EFFECT_SWAP ? SWAP_BYTES : 0)) return false;
    if (kind === EFFECT_DEADLINE) return true;
    if (deadline !== undefined) return false;
    if (kind === EFFECT_REMOVE) return true;
    return (kind === EFFECT_FLUSH || kind === EFFECT_SWAP) && keyLength === 0;
  }

  private fail(fault: string): false {
    this.fault = fault;
    return false;
  }
}
