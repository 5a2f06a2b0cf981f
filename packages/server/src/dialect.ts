import type { NativeReplyWriter, RequestReader, RespReplyWriter } from '@kv/protocol';

/** How requests are read and replies written in one protocol. */
export interface Dialect {
  readonly reader: RequestReader;
  /** Empty between turns; its sink is the connection that has the turn. */
  readonly out: NativeReplyWriter | RespReplyWriter;
}
