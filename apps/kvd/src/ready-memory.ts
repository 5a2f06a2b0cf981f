import { Worker } from 'node:worker_threads';
import { REGION_BYTES } from '@kv/store';

/** A request of this size shows that the engine fills regions, and will want another one. */
const WORTH_BYTES = 32 * 1024 * 1024;

/**
 * The system makes memory ready page by page when it is first written to, which is a good part of the time of a
 * load. Another thread writes to the next region meanwhile, and hands it over.
 */
const TOUCH = `
  const { parentPort } = require('node:worker_threads');
  const PAGE_BYTES = 4096;
  parentPort.on('message', ({ bytes, used }) => {
    const buffer = new ArrayBuffer(bytes);
    const pages = new Uint8Array(buffer);
    for (let at = 0; at < used; at += PAGE_BYTES) pages[at] = 0;
    parentPort.postMessage(buffer, [buffer]);
  });
`;

/** Memory for an engine; while it loads, regions are made ready before it asks for them: one at a time. */
export class ReadyMemory {
  /** How much is still to come, as far as is known. */
  private expected = 0;
  private taken = 0;
  private worker: Worker | undefined;
  private ordered = false;
  private ready: ArrayBuffer | undefined;

  /** Whether a region waits to be asked for. */
  get isReady(): boolean {
    return this.ready !== undefined;
  }

  /** So many bytes are being loaded in all. */
  expects(bytes: number): void {
    this.expected = bytes;
  }

  /** For `ByteStoreOptions.allocate`. */
  allocate(bytes: number): ArrayBuffer {
    const { ready } = this;
    this.taken += bytes;
    const fits = ready?.byteLength === bytes;
    if (fits) this.ready = undefined;
    if (bytes >= WORTH_BYTES) this.order();
    return fits ? (ready as ArrayBuffer) : new ArrayBuffer(bytes);
  }

  /** Everything has been loaded: nothing is made ready any more. */
  async end(): Promise<void> {
    this.expected = 0;
    this.ready = undefined;
    await this.worker?.terminate();
    this.worker = undefined;
  }

  private order(): void {
    const missing = this.expected - this.taken;
    if (missing <= 0 || this.ordered || this.ready !== undefined) return;
    this.ordered = true;
    this.worker ??= this.start();
    this.worker.postMessage({ bytes: REGION_BYTES, used: Math.min(missing, REGION_BYTES) });
  }

  private start(): Worker {
    const worker = new Worker(TOUCH, { eval: true, execArgv: [] });
    worker.on('message', (buffer: ArrayBuffer) => {
      this.ordered = false;
      if (this.expected > 0) this.ready = buffer;
    });
    // The engine gets memory that is not ready, or is told itself that there is none.
    worker.on('error', () => {
      this.expected = 0;
    });
    worker.unref();
    return worker;
  }
}
