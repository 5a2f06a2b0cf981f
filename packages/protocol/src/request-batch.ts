import { COMPILED } from './commands/compile.ts';
import { ArgumentForm } from './encodings.ts';
import { parseInteger } from './integer.ts';
import { BATCH_ARGUMENTS_MAX } from './limits.ts';

const NO_BYTES = new Uint8Array(0);
const NO_VIEW = new DataView(NO_BYTES.buffer);
/** Option tokens that a row of the table can have; a test holds the table to it. */
const OPTIONS_MAX = 16;
/** Places for arguments that a batch keeps between requests. */
const KEPT_ARGUMENTS_MAX = 4 * BATCH_ARGUMENTS_MAX;

/** Where the keys of a command are, by its number and as COMMAND tells it: 1 is the first argument. */
const KEY_FIRST = Int32Array.from(COMPILED, (command) => command?.firstKey ?? 0);
const KEY_LAST = Int32Array.from(COMPILED, (command) => command?.lastKey ?? 0);
const KEY_STEP = Int32Array.from(COMPILED, (command) => command?.keyStep ?? 0);

/** The command number of a row that could not be read; `RequestBatch.problems` says why. */
export const INVALID = -1;

/**
 * Requests as columns of numbers over the bytes they arrived in: no string, no
 * view and no object for each. Readers fill it, the gate and the handlers read it.
 *
 * Row `i` is `command[i]`, its arguments are `first[i]` to `first[i] + count[i] - 1`
 * of the argument columns; argument `a` is `length[a]` bytes at `offset[a]` of
 * `bytes`, and was `form[a]` on the wire. The name of a command that is not simply one
 * of the table's is kept beside the arguments at `first[i] - 1`, for error messages and
 * subcommands.
 *
 * Every batch belongs to one reader: RESP knows no forms, so its reader writes none, and
 * all stay RAW.
 *
 * While a row is executed, `at` is its first argument, `size` their number, and
 * `options` what the gate parsed.
 */
export class RequestBatch {
  readonly capacity: number;
  private readonly argumentCapacity: number;
  rows = 0;
  readonly command: Int32Array;
  readonly first: Int32Array;
  readonly count: Int32Array;
  /** Where the row ends in `bytes`, so that a connection can stop between rows. */
  readonly end: Int32Array;
  /** Why a row is {@link INVALID}, by row. */
  readonly problems: (string | undefined)[] = [];

  bytes: Uint8Array = NO_BYTES;
  view: DataView = NO_VIEW;
  /** How many argument places are taken. */
  arguments = 0;
  offset: Int32Array;
  length: Int32Array;
  form: Uint8Array;

  /**
   * The arguments that are keys, `[0, keyCount)`, by the table's positions: a keyspace may
   * look them up together.
   */
  keys: Int32Array;
  keyCount = 0;
  /** By argument: what a keyspace found out about a key beforehand. */
  hash: Int32Array;
  ref: Int32Array;
  hintedBy: unknown = undefined;
  hintVersion = 0;
  hintVoided = 0;
  /** Whether its rows are to be answered when they are on disk: all of them or none. */
  durable = false;
  /**
   * Whether a keyspace may keep `bytes` instead of copying a value out of them. It says
   * that it did by making this false.
   */
  adoptable = false;

  /** The row being executed: its first argument, and how many there are. */
  at = 0;
  size = 0;
  /**
   * The options of the row being executed, by slot: 0 where not given, else the
   * number of its first operand (of the token itself where it has none) plus 1.
   */
  readonly options = new Int32Array(OPTIONS_MAX);
  /** Whether any is not 0. */
  optionsGiven = false;

  constructor(capacity = 32, argumentCapacity = 1024) {
    this.capacity = capacity;
    this.argumentCapacity = argumentCapacity;
    this.command = new Int32Array(capacity);
    this.first = new Int32Array(capacity);
    this.count = new Int32Array(capacity);
    this.end = new Int32Array(capacity);
    this.offset = new Int32Array(argumentCapacity);
    this.length = new Int32Array(argumentCapacity);
    this.form = new Uint8Array(argumentCapacity);
    this.keys = new Int32Array(argumentCapacity);
    this.hash = new Int32Array(argumentCapacity);
    this.ref = new Int32Array(argumentCapacity);
  }

  /** Empties the batch and points it at the bytes that the next rows lie in; `view` is over the same. */
  begin(bytes: Uint8Array, view: DataView = viewOf(bytes)): void {
    this.rows = 0;
    this.arguments = 0;
    this.keyCount = 0;
    this.hintedBy = undefined;
    this.adoptable = false;
    this.durable = false;
    this.bytes = bytes;
    this.view = view;
  }

  /** Takes back what was added since there were so many rows, arguments and keys. */
  cut(rows: number, arguments_: number, keyCount: number): void {
    this.rows = rows;
    this.arguments = arguments_;
    this.keyCount = keyCount;
  }

  /** Forgets the options of the row before. */
  clearOptions(): void {
    if (this.optionsGiven) this.options.fill(0);
    this.optionsGiven = false;
  }

  /** Lays the arguments into other bytes than those that were read. */
  use(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.view = viewOf(bytes);
  }

  /** Lets go of the bytes, which belong to a connection. */
  release(): void {
    this.begin(NO_BYTES, NO_VIEW);
    // The places of a giant request are not kept for ordinary ones.
    if (this.offset.length > KEPT_ARGUMENTS_MAX) this.allocate(this.argumentCapacity);
  }

  /** Room for `count` more arguments. */
  reserve(count: number): void {
    const needed = this.arguments + count;
    if (needed <= this.offset.length) return;
    const { offset, length, form, keys, hash, ref } = this;
    this.allocate(Math.max(needed, offset.length * 2));
    this.offset.set(offset);
    this.length.set(length);
    this.form.set(form);
    this.keys.set(keys);
    this.hash.set(hash);
    this.ref.set(ref);
  }

  private allocate(places: number): void {
    this.offset = new Int32Array(places);
    this.length = new Int32Array(places);
    this.form = new Uint8Array(places);
    this.keys = new Int32Array(places);
    this.hash = new Int32Array(places);
    this.ref = new Int32Array(places);
  }

  /**
   * Adds a row whose arguments have been put behind the `arguments` that there are, its
   * name in front of them, and lists those that are keys.
   */
  add(command: number, count: number, end: number): void {
    const { rows, arguments: name } = this;
    this.command[rows] = command;
    this.first[rows] = name + 1;
    this.count[rows] = count;
    this.end[rows] = end;
    this.rows = rows + 1;
    this.arguments = name + 1 + count;
    this.addKeys(command, name + 1, count);
  }

  private addKeys(command: number, base: number, count: number): void {
    const first = command > 0 ? (KEY_FIRST[command] as number) : 0;
    if (first === 0) {
      // What its handler may take for a key has not been looked up.
      this.hash.fill(-1, base, base + count);
      this.ref.fill(0, base, base + count);
      return;
    }
    const last = KEY_LAST[command] === -1 ? count : Math.min(KEY_LAST[command] as number, count);
    const step = KEY_STEP[command] as number;
    let { keyCount } = this;
    for (let key = first; key <= last; key += step) this.keys[keyCount++] = base + key - 1;
    this.keyCount = keyCount;
  }

  /** The bytes of an argument: a view, good until the request has been answered. */
  range(argument: number): Uint8Array {
    const from = this.offset[argument] as number;
    return this.bytes.subarray(from, from + (this.length[argument] as number));
  }

  /** Whether an argument is a string or bytes rather than another value. */
  isText(argument: number): boolean {
    return (this.form[argument] as number) <= ArgumentForm.BYTES;
  }

  /** An argument as a JavaScript string, an integer as its digits. Names, patterns and options; never keys or values. */
  text(argument: number): string {
    if (!this.isText(argument)) return String(this.integer(argument));
    return decoder.decode(this.range(argument));
  }

  /** An argument as a 64-bit integer: a number where it is safe, else a bigint; undefined if it is none. */
  integer(argument: number): number | bigint | undefined {
    const from = this.offset[argument] as number;
    const length = this.length[argument] as number;
    return parseInteger(this.bytes, this.view, from, length, this.form[argument] as number);
  }
}

const decoder = new TextDecoder();

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
