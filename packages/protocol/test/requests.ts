import { FrameReader } from '../src/frame-reader.ts';
import { INVALID, RequestBatch } from '../src/request-batch.ts';

/** A frame of a request around the bytes of its body. */
export function requestFrame(...body: (number | Uint8Array)[]): Uint8Array {
  const parts = body.map((part) => (typeof part === 'number' ? Uint8Array.of(part) : part));
  const bytes = Buffer.concat([new Uint8Array(5), ...parts]);
  bytes.writeUInt32BE(bytes.length - 4, 0);
  bytes[4] = 1;
  return new Uint8Array(bytes);
}

/** MessagePack of a short string. */
export const str = (text: string): Uint8Array =>
  Uint8Array.of(0xa0 | text.length, ...Buffer.from(text));

/** A row of a batch in a shape that compares. */
interface Row {
  command: number;
  problem: string | undefined;
  args: { form: number; hex: string }[];
}

export interface ReadResult {
  rows: Row[];
  error: string | undefined;
  used: number;
  wanted: number;
}

/** Reads bytes as a connection would: again and again until nothing more comes out. */
export function readAll(
  bytes: Uint8Array,
  authenticated = true,
  batch = new RequestBatch(),
): ReadResult {
  const reader = new FrameReader();
  const rows: Row[] = [];
  let used = 0;
  for (;;) {
    batch.begin(bytes);
    const next = reader.fill(batch, used, bytes.length, authenticated);
    for (let row = 0; row < batch.rows; row++) rows.push(rowOf(batch, row));
    used = next;
    if (batch.rows === 0 || reader.error !== undefined)
      return { rows, error: reader.error, used, wanted: reader.wanted };
  }
}

function rowOf(batch: RequestBatch, row: number): Row {
  const first = batch.first[row] as number;
  const command = batch.command[row] as number;
  return {
    command,
    problem: command === INVALID ? batch.problems[row] : undefined,
    args: Array.from({ length: batch.count[row] as number }, (_, i) => ({
      form: batch.form[first + i] as number,
      hex: Buffer.from(batch.range(first + i)).toString('hex'),
    })),
  };
}
