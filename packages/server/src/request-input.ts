import type { PartialRequest, RequestBatch } from '@kv/protocol';
import type { Dialect } from './dialect.ts';
import { InputTail } from './input-tail.ts';

/** What has arrived from a client, read as requests: a batch is filled, executed and dropped. */
export class RequestInput extends InputTail {
  /** What is wrong with the bytes behind the batch. */
  error: string | undefined;
  /** What has been read of a request of many arguments. */
  private partial: PartialRequest | undefined;
  /** Where the batch ends, and how long the frame behind it will be. */
  private readTo = 0;
  private announced = 0;

  /** Reads what has arrived into the batch of a dialect, as far as it goes; of a stranger little at a time. */
  fill({ reader, batch }: Dialect, trusted: boolean): void {
    const { bytes, view, start, end } = this;
    batch.begin(bytes, view);
    batch.adoptable = this.own;
    reader.partial = this.partial;
    this.readTo = reader.fill(batch, start, end, trusted);
    this.partial = reader.partial;
    this.announced = reader.wanted;
    this.error = reader.error;
  }

  /** Drops the first `done` requests of the batch, which have been executed. */
  drop(batch: RequestBatch, done: number): void {
    const isAll = done === batch.rows;
    const next = isAll ? this.readTo : done === 0 ? this.start : (batch.end[done - 1] as number);
    if (this.own && !batch.adoptable) this.leave(next);
    else this.consume(next);
    batch.release();
    if (isAll) this.expect(this.announced);
    // The next request is one of those that were read, not the one behind them.
    else this.partial = undefined;
  }
}
