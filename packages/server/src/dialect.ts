import type { NativeReplyWriter, RequestBatch, RequestReader, RespReplyWriter } from '@kv/protocol';

/** How requests are read and replies written in one protocol. */
export interface Dialect {
  readonly reader: RequestReader;
  /** What the reader fills; no other does. */
  readonly batch: RequestBatch;
  /** Empty between turns; its sink is the connection that has the turn. */
  readonly out: NativeReplyWriter | RespReplyWriter;
}
