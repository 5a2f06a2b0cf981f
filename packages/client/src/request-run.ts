import { ByteWriter, makeDurable } from '@kv/protocol';

const RUN_BYTES = 16 * 1024;
/** Memory that grew for something large is not kept for the small that follows. */
const KEPT_BYTES_MAX = 1024 * 1024;
/** So many runs are kept for further requests; one is sent while the next is written. */
const KEPT_RUNS_MAX = 4;

/**
 * Requests one after the other, which go out in one write. They stay here until the
 * last of them has been answered, so that they can be sent again as they were.
 */
export class RequestRun {
  writer: ByteWriter;
  /** Requests that were sent and have no reply. */
  unanswered = 0;
  /** Whether the kernel had taken all bytes as soon as they were written. */
  taken = false;

  constructor(capacityBytes: number = RUN_BYTES) {
    this.writer = new ByteWriter(capacityBytes);
  }

  /** The requests' bytes, up to here. */
  get length(): number {
    return this.writer.position;
  }

  /** Copies `[start, end)` of another run to the end, and says where it begins now. */
  append(run: RequestRun, start: number, end: number): number {
    const { writer } = this;
    const at = writer.position;
    writer.room(end - start);
    writer.bytes.set(run.writer.bytes.subarray(start, end), at);
    writer.position += end - start;
    return at;
  }

  /** Asks for the requests in `[start, end)` to be answered when they are on disk. */
  makeDurable(start: number, end: number): void {
    makeDurable(this.writer.bytes, this.writer.view, start, end);
  }

  /** Gives memory back that has become much too large. */
  shrink(): void {
    const { bytes, position } = this.writer;
    if (bytes.length <= KEPT_BYTES_MAX || position >= bytes.length / 4) return;
    this.writer = new ByteWriter(Math.max(RUN_BYTES, position));
    this.writer.bytes.set(bytes.subarray(0, position));
    this.writer.position = position;
  }
}

/** Runs whose requests have been answered, to be written to again. */
export class SpareRuns {
  private readonly runs: RequestRun[] = [];

  /** Memory that is set aside. */
  get bytes(): number {
    return this.runs.reduce((sum, { writer }) => sum + writer.bytes.length, 0);
  }

  take(): RequestRun {
    return this.runs.pop() ?? new RequestRun();
  }

  /** Takes back a run that nobody needs any more, unless its bytes may still be on their way. */
  give(run: RequestRun): void {
    const { writer, taken } = run;
    if (!taken || writer.bytes.length > KEPT_BYTES_MAX || this.runs.length >= KEPT_RUNS_MAX) return;
    writer.position = 0;
    run.taken = false;
    this.runs.push(run);
  }

  clear(): void {
    this.runs.length = 0;
  }
}
