import type { RequestBatch } from './request-batch.ts';

const QUOTE = 0x22;
const APOSTROPHE = 0x27;
const BACKSLASH = 0x5c;

/** Letters behind a backslash, in double quotes, that stand for something else. */
const ESCAPES: ReadonlyMap<number, number> = new Map([
  [0x6e, 0x0a],
  [0x72, 0x0d],
  [0x74, 0x09],
  [0x62, 0x08],
  [0x61, 0x07],
]);

const isSpace = (byte: number): boolean => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
/** Vertical tab and form feed lie between words as space does, but end none. */
const endsWord = (byte: number): boolean => isSpace(byte) && byte !== 0x0b && byte !== 0x0c;

/** The value of a hexadecimal digit, or -1. */
function hexDigit(byte: number | undefined): number {
  const text = byte === undefined ? '' : String.fromCharCode(byte);
  return /^[0-9a-fA-F]$/.test(text) ? Number.parseInt(text, 16) : -1;
}

/** Splits inline commands into words, with Redis's rules for quotes. */
export class InlineRequest {
  /** Where the words go when quotes are taken out of them. */
  private words = new Uint8Array(0);
  private used = 0;

  hasQuotes(bytes: Uint8Array, from: number, to: number): boolean {
    for (let at = from; at < to; at++)
      if (bytes[at] === QUOTE || bytes[at] === APOSTROPHE) return true;
    return false;
  }

  /** Whether the arguments of a batch are words of the last line, not of what was read. */
  isElsewhere(batch: RequestBatch): boolean {
    return batch.bytes === this.words && this.words.length > 0;
  }

  /**
   * Adds the words of a line as arguments behind those of the batch. With quotes, they are
   * put elsewhere, and `batch.bytes` is that then: the batch must be empty.
   *
   * @returns how many there are, or -1 where quotes are not closed or stand before a word
   */
  split(batch: RequestBatch, from: number, to: number): number {
    if (this.hasQuotes(batch.bytes, from, to)) return this.splitQuoted(batch, from, to);
    const { bytes } = batch;
    let count = 0;
    let at = from;
    for (;;) {
      while (at < to && isSpace(bytes[at] as number)) at++;
      if (at === to) return count;
      const start = at;
      while (at < to && !endsWord(bytes[at] as number)) at++;
      this.add(batch, count++, start, at - start);
    }
  }

  private add(batch: RequestBatch, number: number, offset: number, length: number): void {
    batch.reserve(number + 1);
    const a = batch.arguments + number;
    batch.offset[a] = offset;
    batch.length[a] = length;
  }

  private splitQuoted(batch: RequestBatch, from: number, to: number): number {
    const { bytes } = batch;
    // A word with its quotes is never shorter than without; behind the last, keys are read by words.
    this.words = new Uint8Array(to - from + 64);
    this.used = 0;
    let count = 0;
    let at = from;
    for (;;) {
      while (at < to && isSpace(bytes[at] as number)) at++;
      if (at === to) break;
      const start = this.used;
      at = this.word(bytes, at, to);
      if (at < 0) return -1;
      this.add(batch, count++, start, this.used - start);
    }
    batch.use(this.words);
    return count;
  }

  /** One word with its quotes; answers what is behind, or -1. */
  private word(bytes: Uint8Array, from: number, to: number): number {
    let at = from;
    while (at < to && !endsWord(bytes[at] as number)) {
      const byte = bytes[at] as number;
      if (byte !== QUOTE && byte !== APOSTROPHE) {
        this.words[this.used++] = byte;
        at++;
        continue;
      }
      at = byte === QUOTE ? this.quoted(bytes, at + 1, to) : this.literal(bytes, at + 1, to);
      // A closing quote ends the word, and nothing may follow it directly.
      return at < 0 || (at < to && !isSpace(bytes[at] as number)) ? -1 : at;
    }
    return at;
  }

  /** What stands in double quotes; answers what is behind them, or -1. */
  private quoted(bytes: Uint8Array, from: number, to: number): number {
    for (let at = from; at < to; at++) {
      const byte = bytes[at] as number;
      if (byte === QUOTE) return at + 1;
      if (byte !== BACKSLASH || at + 1 === to) {
        this.words[this.used++] = byte;
        continue;
      }
      const next = bytes[++at] as number;
      const high = next === 0x78 && at + 2 < to ? hexDigit(bytes[at + 1]) : -1;
      const low = high < 0 ? -1 : hexDigit(bytes[at + 2]);
      if (low >= 0) {
        this.words[this.used++] = high * 16 + low;
        at += 2;
      } else this.words[this.used++] = ESCAPES.get(next) ?? next;
    }
    return -1;
  }

  /** What stands in single quotes, where only the quote itself can be escaped. */
  private literal(bytes: Uint8Array, from: number, to: number): number {
    for (let at = from; at < to; at++) {
      const byte = bytes[at] as number;
      if (byte === APOSTROPHE) return at + 1;
      const escapes = byte === BACKSLASH && bytes[at + 1] === APOSTROPHE && at + 1 < to;
      this.words[this.used++] = escapes ? APOSTROPHE : byte;
      if (escapes) at++;
    }
    return -1;
  }
}
