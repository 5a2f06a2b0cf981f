import { Duplex } from 'node:stream';
import type { ReadTarget } from '@kv/server';

/** What a socket does with the network. */
export interface Carrier {
  /** Takes bytes of the server's; calls `taken` when the array is not needed any more. */
  carry(bytes: Uint8Array, taken: () => void): void;
  /** The server reads again. */
  wanted(): void;
  /** The server has closed its side, or all of it. */
  ended(): void;
  destroyed(): void;
}

/** The server's end of a connection: as much of `net.Socket` as a server uses, with a simulated network below. */
export class SimulatedSocket extends Duplex {
  readonly remoteAddress = '127.0.0.1';
  readonly remotePort: number;
  readonly localAddress = '127.0.0.1';
  readonly localPort: number;
  private readonly carrier: Carrier;
  private carriedBytes = 0;
  private target: ReadTarget | undefined;
  private place: Uint8Array | undefined;
  private wantsMore = true;

  constructor(carrier: Carrier, remotePort: number, localPort: number) {
    super({ allowHalfOpen: true });
    this.carrier = carrier;
    this.remotePort = remotePort;
    this.localPort = localPort;
  }

  get bytesWritten(): number {
    return this.carriedBytes + this.writableLength;
  }

  /** Reads into places of the target's from now on, and emits no data. */
  readInto(target: ReadTarget): this {
    this.target = target;
    this.place = target.place();
    return this;
  }

  /** Whether bytes may arrive now. */
  get reads(): boolean {
    return !this.destroyed && (this.target === undefined ? this.wantsMore : !this.isPaused());
  }

  /** Bytes arrive: all that fit; answers how many. */
  arrive(bytes: Uint8Array): number {
    const { target, place } = this;
    if (target === undefined || place === undefined) {
      this.wantsMore = this.push(Buffer.from(bytes));
      return bytes.length;
    }
    const count = Math.min(bytes.length, place.length);
    place.set(bytes.subarray(0, count));
    target.read(count, place);
    this.place = target.place() ?? place;
    return count;
  }

  override resume(): this {
    super.resume();
    if (this.target !== undefined) this.carrier.wanted();
    return this;
  }

  override _read(): void {
    this.wantsMore = true;
    this.carrier.wanted();
  }

  override _write(chunk: Uint8Array, _encoding: string, taken: () => void): void {
    this.carrier.carry(chunk, () => {
      this.carriedBytes += chunk.length;
      taken();
    });
  }

  override _final(done: () => void): void {
    this.carrier.ended();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.carrier.destroyed();
    done(error);
  }
}
