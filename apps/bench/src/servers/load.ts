// What a generator is told, and the requests it sends: bytes that are written once, and get other
// keys each time, so that it has little else to do than to send and to count.
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

/** `pipeline` requests one behind the other, for a connection that sends them again and again. */
export class Burst {
  readonly bytes: Buffer;
  private readonly request: RequestBytes;
  private readonly keys: number;
  private readonly digits: number;
  private seed: number;

  constructor({ operation, valueBytes, pipeline, keys }: Load) {
    this.request = new RequestBytes(operation, valueBytes);
    const { bytes } = this.request;
    this.bytes = Buffer.concat(new Array<Buffer>(pipeline).fill(bytes));
    this.keys = keys;
    this.digits = String(keys - 1).length;
    this.seed = (Math.random() * 2 ** 32) | 1;
  }

  /** The requests with other random keys. What was answered before must have been sent. */
  next(): Buffer {
    const { bytes, request, digits } = this;
    for (let at = 0; at < bytes.length; at += request.bytes.length)
      request.writeKeys(bytes, at, this.nextKey, digits);
    return bytes;
  }

  /** Xorshift32 (Marsaglia, 2003). */
  private readonly nextKey = (): number => {
    let x = this.seed;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.seed = x;
    return (x >>> 0) % this.keys;
  };
}
