// Small requests of many clients, executed together. Within one poll of the event loop one
// socket is read after the other; what each brought is read into one batch, and all of it is
// looked up, executed and answered when the poll is over. So the look-ups of clients that send
// one request at a time wait for memory together, as those of a pipeline do, and the kernel's
// code for reading, ours, and the kernel's for writing each run while they are in the cache.
// While polls bring one client at a time, what it sends is executed without waiting for the end of
// the poll: to be called back then costs a microsecond, and leaves an object behind.
import type { Client, Executor } from './executor.ts';
import { GATHERED_BYTES_MAX } from './limits.ts';
import type { Timers } from './ports.ts';
import type { Runner, Turn } from './turn.ts';

/** Room for what is gathered, and behind it, so that keys at its end can be read by words. */
const ROOM_BYTES = 64 * 1024;
const SLACK_BYTES = 64;

/** Up to here a loop is faster than a view of what is copied, and a call. */
const LOOPED_BYTES_MAX = 64;

/** The most clients that are served at once before it is looked again whether others come with them. */
const ALONE_MAX = 64;

/** A client whose requests can be gathered. */
export interface GatheredClient extends Client {
  /**
   * Executes rows `[from, to)` of the batch of its dialect, which were read from `start` of
   * the batch's bytes on, and sends their replies.
   */
  runGathered(from: number, to: number, start: number): void;
}

/** Requests that have been read and not been executed; all in one dialect, for one keyspace. */
export class Gathering implements Runner {
  private readonly executor: Executor;
  private readonly turn: Turn;
  private readonly timers: Timers;
  private readonly bytes = new Uint8Array(ROOM_BYTES + SLACK_BYTES);
  private readonly view = new DataView(this.bytes.buffer);
  private usedBytes = 0;
  /** How many clients have requests here. */
  private count = 0;
  // Kept from poll to poll: an array that is emptied is garbage, and the next push makes another.
  private readonly clients: (GatheredClient | undefined)[] = [];
  /** By client: where its rows end in the batch, and where its bytes start. */
  private readonly rowEnds: number[] = [];
  private readonly starts: number[] = [];
  private scheduled = false;
  private running = false;
  /** Clients that are not waited behind, as none has come with the last ones; and how many it will be next time. */
  private alone = 0;
  private nextAlone = 1;
  private readonly onPollOver = (): void => {
    this.scheduled = false;
    this.alone = this.count > 1 ? 0 : this.nextAlone;
    this.nextAlone = this.count > 1 ? 1 : Math.min(ALONE_MAX, this.nextAlone * 2);
    this.flush();
  };

  constructor(executor: Executor, turn: Turn, timers: Timers) {
    this.executor = executor;
    this.turn = turn;
    this.timers = timers;
  }

  /**
   * Takes what a client has sent, if it is whole requests and not much; the bytes are copied.
   * False: it is not, and nothing is taken. The client must be one that may run.
   */
  take(client: GatheredClient, bytes: Uint8Array, count: number): boolean {
    if (count > GATHERED_BYTES_MAX) return false;
    const [first] = this.clients;
    const fits =
      first === undefined ||
      (first.dialect === client.dialect &&
        first.session.keyspace === client.session.keyspace &&
        this.usedBytes + count <= ROOM_BYTES);
    if (fits && this.read(client, bytes, count)) return true;
    if (first === undefined) return false;
    // Perhaps there is room when the others have been executed.
    this.flush();
    return this.read(client, bytes, count);
  }

  private read(client: GatheredClient, bytes: Uint8Array, count: number): boolean {
    const { batch, reader } = client.dialect;
    if (this.count === 0) batch.begin(this.bytes, this.view);
    const { rows } = batch;
    const { arguments: arguments_, keyCount } = batch;
    const start = this.usedBytes;
    const end = start + count;
    this.copy(bytes, count, start);
    reader.partial = undefined;
    const isWhole = reader.fill(batch, start, end, true) === end && batch.rows > rows;
    // The words of a line with quotes lie elsewhere; and what waits for the disk is for its client alone.
    if (!isWhole || reader.error !== undefined || batch.bytes !== this.bytes || batch.durable) {
      batch.cut(rows, arguments_, keyCount);
      batch.durable = false;
      reader.partial = undefined;
      return false;
    }
    this.usedBytes = end;
    const at = this.count++;
    this.clients[at] = client;
    this.rowEnds[at] = batch.rows;
    this.starts[at] = start;
    if (this.scheduled) return true;
    if (this.alone > 0) {
      this.alone--;
      this.flush();
      return true;
    }
    this.scheduled = true;
    this.timers.setImmediate(this.onPollOver);
    return true;
  }

  private copy(bytes: Uint8Array, count: number, start: number): void {
    if (count > LOOPED_BYTES_MAX) {
      this.bytes.set(bytes.subarray(0, count), start);
      return;
    }
    const { bytes: room } = this;
    for (let i = 0; i < count; i++) room[start + i] = bytes[i] as number;
  }

  /** Executes what has been gathered before anything else is. */
  flush(): void {
    if (this.count > 0 && !this.running) this.turn.take(this);
  }

  /** {@link Runner}: nobody else calls it. */
  run(): void {
    const { clients, rowEnds, starts } = this;
    const [first] = clients;
    if (first === undefined) return;
    this.running = true;
    try {
      const { batch } = first.dialect;
      this.executor.begin(batch, first.session);
      let from = 0;
      for (let i = 0; i < this.count; i++) {
        const to = rowEnds[i] as number;
        (clients[i] as GatheredClient).runGathered(from, to, starts[i] as number);
        from = to;
      }
      this.executor.end(batch, from, first.session);
      batch.release();
    } finally {
      clients.fill(undefined, 0, this.count);
      this.count = 0;
      this.usedBytes = 0;
      this.running = false;
    }
  }
}
