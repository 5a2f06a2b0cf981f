import { errorReply, optionSlots, type ReplyWriter, VALUE_BYTES_MAX } from '@kv/protocol';
import type { Handler, ServerContext } from '../handler.ts';
import { inSlices } from '../sliced.ts';
import { NOT_TEXT } from '../stored-number.ts';
import { bytesOf } from '../text-value.ts';

const Option = optionSlots('LCS');

const NOT_STRINGS = errorReply('The specified keys must contain string values');
const TABLE_TOO_LARGE = errorReply(
  'Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len',
);
/** Cells of the table that are filled before others have their turn. */
const SLICE_CELLS = 500_000;

/** A run that both strings have; the indexes of its first bytes, and its length. */
interface Match {
  readonly a: number;
  readonly b: number;
  readonly length: number;
}

/**
 * The lengths of the longest common subsequences of all beginnings of two strings, row by row
 * (Wagner and Fischer 1974).
 */
class LcsTable {
  private readonly a: Uint8Array;
  private readonly b: Uint8Array;
  private readonly width: number;
  private readonly cells: Uint32Array;
  private row = 1;

  constructor(a: Uint8Array, b: Uint8Array) {
    this.a = a;
    this.b = b;
    this.width = b.length + 1;
    this.cells = new Uint32Array((a.length + 1) * this.width);
  }

  /** Fills some rows; whether they were the last. */
  fill(): boolean {
    const { a, b, width, cells } = this;
    const stop = Math.min(a.length, this.row + Math.max(1, Math.floor(SLICE_CELLS / width)));
    for (; this.row <= stop; this.row++) {
      const byte = a[this.row - 1];
      let at = this.row * width + 1;
      for (let j = 0; j < b.length; j++, at++) {
        const above = cells[at - width] as number;
        const before = cells[at - 1] as number;
        if (b[j] === byte) cells[at] = (cells[at - width - 1] as number) + 1;
        else cells[at] = Math.max(above, before);
      }
    }
    return this.row > a.length;
  }

  get length(): number {
    return this.cells.at(-1) as number;
  }

  /**
   * Walks from the end of both strings to their beginning: the subsequence, and the runs it is
   * made of, the last first. Where runs touch in one string only, the byte between them belongs
   * to neither, as in Redis.
   */
  trace(): { readonly text: Uint8Array; readonly matches: readonly Match[] } {
    const { a, b, width, cells } = this;
    const text = new Uint8Array(this.length);
    const matches: Match[] = [];
    let run: Match | undefined;
    const emit = (match: Match | undefined) => {
      if (match !== undefined) matches.push(match);
      run = undefined;
    };
    let i = a.length;
    let j = b.length;
    let left = text.length;
    while (i > 0 && j > 0) {
      if (a[i - 1] !== b[j - 1]) {
        const shorterA = cells[(i - 1) * width + j] as number;
        const shorterB = cells[i * width + j - 1] as number;
        if (shorterA > shorterB) i--;
        else j--;
        emit(run);
        continue;
      }
      i--;
      j--;
      text[--left] = a[i] as number;
      if (run === undefined) run = { a: i, b: j, length: 1 };
      else if (run.a === i + 1 && run.b === j + 1) run = { a: i, b: j, length: run.length + 1 };
      else emit(run);
      if (run?.a === 0 || run?.b === 0) emit(run);
    }
    return { text, matches };
  }
}

export function lcs(context: ServerContext): Handler {
  return (request, session, out) => {
    const { at, options } = request;
    const { keyspace: db } = session;
    const a = bytesOf(db, db.find(request, at));
    const b = bytesOf(db, db.find(request, at + 1));
    if (a === NOT_TEXT || b === NOT_TEXT) return out.error(NOT_STRINGS);
    if ((a.length + 1) * (b.length + 1) * 4 > VALUE_BYTES_MAX) return out.error(TABLE_TOO_LARGE);
    // The strings may be written over between slices.
    const table = new LcsTable(a.slice(), b.slice());
    const least = (options[Option.MINMATCHLEN] as number) - 1;
    const lengthMin = least < 0 ? 0 : Number(request.integer(least));
    const withLength = options[Option.WITHMATCHLEN] !== 0;
    const [asLength, asMatches] = [options[Option.LEN] !== 0, options[Option.IDX] !== 0];
    const reply = (later: ReplyWriter): void => {
      if (asMatches) writeMatches(later, table, lengthMin, withLength);
      else if (asLength) later.integer(table.length);
      else later.bytes(table.trace().text);
    };
    return inSlices(context, session, out, () => table.fill(), reply);
  };
}

function writeMatches(
  out: ReplyWriter,
  table: LcsTable,
  lengthMin: number,
  withLength: boolean,
): void {
  const matches = table.trace().matches.filter(({ length }) => length >= lengthMin);
  out.map(2);
  out.text('matches');
  out.array(matches.length);
  for (const { a, b, length } of matches) {
    out.array(withLength ? 3 : 2);
    for (const start of [a, b]) {
      out.array(2);
      out.integer(start);
      out.integer(start + length - 1);
    }
    if (withLength) out.integer(length);
  }
  out.text('len');
  out.integer(table.length);
}
