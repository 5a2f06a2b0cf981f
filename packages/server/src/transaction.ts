import { RequestBatch } from '@kv/protocol';
import { QUEUED_BYTES_MAX } from './limits.ts';

/** One command that waits for EXEC; its arguments are copied. */
interface Queued {
  readonly command: number;
  /** The arguments, one behind the other. */
  readonly bytes: Uint8Array;
  readonly lengths: Int32Array;
  readonly forms: Uint8Array;
}

/** What a client has queued since MULTI. */
export class Transaction {
  /** Something could not be queued: EXEC will refuse. */
  failed = false;
  /** Something writes; CLIENT PAUSE asks. */
  writes = false;
  private readonly queued: Queued[] = [];
  private bytes = 0;

  /** Copies the row being executed. False: that would be too much. */
  queue(request: RequestBatch, row: number): boolean {
    const first = request.first[row] as number;
    const end = first + (request.count[row] as number);
    const lengths = request.length.slice(first, end);
    const total = lengths.reduce((sum, length) => sum + length, 0);
    if (this.bytes + total > QUEUED_BYTES_MAX) return false;
    this.bytes += total;
    const bytes = new Uint8Array(total);
    let at = 0;
    for (let argument = first; argument < end; argument++) {
      const range = request.range(argument);
      bytes.set(range, at);
      at += range.length;
    }
    const forms = request.form.slice(first, end);
    this.queued.push({ command: request.command[row] as number, bytes, lengths, forms });
    return true;
  }

  get size(): number {
    return this.queued.length;
  }

  /** What was queued, as requests that can be executed. */
  batch(): RequestBatch {
    const rows = this.queued.length;
    // A place more for each, where other batches keep the names of commands.
    const places = this.queued.reduce((sum, { lengths }) => sum + lengths.length + 1, 0);
    const batch = new RequestBatch(Math.max(1, rows), Math.max(1, places));
    const bytes = new Uint8Array(this.bytes);
    batch.begin(bytes);
    let end = 0;
    for (const { command, bytes: own, lengths, forms } of this.queued) {
      bytes.set(own, end);
      const first = batch.arguments + 1;
      batch.form.set(forms, first);
      for (const [i, length] of lengths.entries()) {
        batch.offset[first + i] = end;
        batch.length[first + i] = length;
        end += length;
      }
      batch.add(command, lengths.length, end);
    }
    return batch;
  }
}
