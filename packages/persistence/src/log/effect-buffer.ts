/**
 * Effects on their way to the log, gathered in one growing array of bytes: nothing is allocated for one.
 * This is on the way of every write of whoever keeps a log.
 */
import { KEY_DEADLINE_BIT, writeU64 } from '../layout.ts';
import {
  EFFECT,
  EFFECT_BYTES,
  EFFECT_DEADLINE,
  EFFECT_FLUSH,
  EFFECT_PUT,
  EFFECT_REMOVE,
  EFFECT_SWAP,
  LOG_RECORD_BYTES,
  SWAP_BYTES,
} from './log-layout.ts';
import { LOG_RECORD_SPLIT_BYTES } from './log-limits.ts';

const DEADLINE_BYTES = 8;
const BYTES_AT_FIRST = 64 * 1024;
/** A larger array is not used again: what one turn has needed once is not held for ever. */
const BYTES_KEPT_MAX = 4 * 1024 * 1024;

/** The effects of one turn as a record, but for its head: `LOG_RECORD_BYTES` are left free for that. */
export interface EffectGroup {
  /** Head and payload. */
  readonly record: Uint8Array<ArrayBuffer>;
  /** The position behind its last effect. */
  readonly position: number;
}

/**
 * Effects since the last {@link take}. Whoever adds one gets the place for its key (and behind it, its value)
 * in `bytes`, and fills it before anything else happens.
 */
export class EffectBuffer {
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(BYTES_AT_FIRST);
  /** Over the same memory as `bytes`. */
  view = new DataView(this.bytes.buffer);
  private end = LOG_RECORD_BYTES;
  /** Bytes of effects that were taken before. */
  private taken = 0;
  private spare: Uint8Array<ArrayBuffer> | undefined;
  private readonly full: EffectGroup[] = [];
  private readonly began: () => void;

  /** @param began - called at the first effect after everything was taken */
  constructor(began: () => void) {
    this.began = began;
  }

  /** How many bytes of effects there have been: what the next one adds to. */
  get position(): number {
    return this.taken + this.end - LOG_RECORD_BYTES;
  }

  /** Bytes that wait to be taken. */
  get waiting(): number {
    let bytes = this.end - LOG_RECORD_BYTES;
    for (const { record } of this.full) bytes += record.length;
    return bytes;
  }

  /** An entry was written. Answers where its key goes; its value goes behind it. A deadline of 0 is none. */
  put(
    database: number,
    type: number,
    encoding: number,
    deadline: number,
    keyLength: number,
    valueLength: number,
  ): number {
    const at = this.reserve(EFFECT_PUT, database, deadline, keyLength, valueLength);
    this.bytes[at + EFFECT.type] = type;
    this.bytes[at + EFFECT.encoding] = encoding;
    return at + (deadline === 0 ? EFFECT_BYTES : EFFECT_BYTES + DEADLINE_BYTES);
  }

  /** An entry's deadline was changed; 0 is none. Answers where its key goes. */
  deadline(database: number, deadline: number, keyLength: number): number {
    const at = this.reserve(EFFECT_DEADLINE, database, deadline, keyLength, 0);
    return at + (deadline === 0 ? EFFECT_BYTES : EFFECT_BYTES + DEADLINE_BYTES);
  }

  /** An entry is gone. Answers where its key goes. */
  remove(database: number, keyLength: number): number {
    return this.reserve(EFFECT_REMOVE, database, 0, keyLength, 0) + EFFECT_BYTES;
  }

  /** All entries of a database are gone. */
  flush(database: number): void {
    this.reserve(EFFECT_FLUSH, database, 0, 0, 0);
  }

  /** Two databases have exchanged their entries. */
  swap(database: number, other: number): void {
    const at = this.reserve(EFFECT_SWAP, database, 0, 0, SWAP_BYTES);
    this.view.setUint16(at + EFFECT_BYTES, other, true);
  }

  /** The oldest effects as one record; `undefined` when there are none. */
  take(): EffectGroup | undefined {
    const waiting = this.full.shift();
    if (waiting !== undefined) return waiting;
    if (this.end === LOG_RECORD_BYTES) return undefined;
    return this.cut();
  }

  /** Gives an array back that was taken and is no longer needed. */
  giveBack({ record }: EffectGroup): void {
    if (record.buffer.byteLength <= BYTES_KEPT_MAX) this.spare = new Uint8Array(record.buffer);
  }

  private cut(): EffectGroup {
    const group = { record: this.bytes.subarray(0, this.end), position: this.position };
    this.taken = group.position;
    this.use(this.spare ?? new Uint8Array(BYTES_AT_FIRST));
    this.spare = undefined;
    this.end = LOG_RECORD_BYTES;
    return group;
  }

  /** Room for an effect, with its head written; answers where it begins. */
  private reserve(
    kind: number,
    database: number,
    deadline: number,
    keyLength: number,
    valueLength: number,
  ): number {
    if (this.end === LOG_RECORD_BYTES) this.began();
    else if (this.end > LOG_RECORD_SPLIT_BYTES) this.full.push(this.cut());
    const at = this.end;
    const head = deadline === 0 ? EFFECT_BYTES : EFFECT_BYTES + DEADLINE_BYTES;
    const end = at + head + keyLength + valueLength;
    if (end > this.bytes.length) this.grow(end);
    this.end = end;
    const { view } = this;
    view.setUint32(at, kind, true);
    view.setUint32(at + EFFECT.database, database, true);
    view.setUint32(
      at + EFFECT.key,
      deadline === 0 ? keyLength : keyLength + KEY_DEADLINE_BIT,
      true,
    );
    view.setUint32(at + EFFECT.value, valueLength, true);
    if (deadline !== 0) writeU64(view, at + EFFECT.deadline, deadline);
    return at;
  }

  private grow(needed: number): void {
    const old = this.bytes;
    const used = this.end;
    this.use(new Uint8Array(Math.max(needed, old.length * 2)));
    this.bytes.set(old.subarray(0, used));
  }

  private use(bytes: Uint8Array<ArrayBuffer>): void {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }
}
