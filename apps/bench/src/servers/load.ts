// What a generator is told, and the requests it sends: they are written beforehand, so that it has
// little else to do than to send and to count. It shares caches with the server.
import { type OperationName, RequestBytes } from './operations.ts';

/** A load on one server. */
export interface Load {
  readonly port: number;
  readonly operation: OperationName;
  readonly connections: number;
  /** Requests that each connection has in flight. */
  readonly pipeline: number;
  readonly requests: number;
  readonly valueBytes: number;
  readonly keys: number;
}

/** Keys that are drawn at most; after so many requests they come again. */
const DRAWN_MAX = 200_000;
/** Memory for requests that have been written beforehand. */
const AREA_BYTES_MAX = 64 * 1024 * 1024;

/** Bursts of `pipeline` requests one behind the other with random keys, for all connections of a generator. */
export class Bursts {
  private readonly area: Buffer;
  private readonly burstBytes: number;
  private at = 0;

  constructor({ operation, valueBytes, pipeline, keys, requests }: Load) {
    const request = new RequestBytes(operation, valueBytes);
    const { bytes } = request;
    this.burstBytes = bytes.length * pipeline;
    const drawn = Math.min(DRAWN_MAX, requests, AREA_BYTES_MAX / bytes.length);
    const bursts = Math.max(1, Math.floor(drawn / pipeline));
    this.area = Buffer.alloc(this.burstBytes * bursts, bytes);
    const digits = String(keys - 1).length;
    const nextKey = keysBelow(keys);
    for (let at = 0; at < this.area.length; at += bytes.length)
      request.writeKeys(this.area, at, nextKey, digits);
  }

  /** The next burst; nobody writes to it. */
  next(): Buffer {
    const { area, burstBytes, at } = this;
    const end = at + burstBytes;
    this.at = end === area.length ? 0 : end;
    return area.subarray(at, end);
  }
}

/** Draws keys: xorshift32 (Marsaglia, 2003). */
function keysBelow(keys: number): () => number {
  let x = (Math.random() * 2 ** 32) | 1;
  return () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return (x >>> 0) % keys;
  };
}
