import type { BusyPoll } from './busy-poll.ts';
import type { Wire } from './client-socket.ts';
import type { Dialect } from './dialect.ts';
import type { Executor } from './executor.ts';
import type { Gathering } from './gathering.ts';
import type { ServerContext } from './handler.ts';
import type { SpareArrays } from './spare-arrays.ts';
import type { Turn } from './turn.ts';

/** What the connections of a server share: one of them has its turn at a time. */
export interface Machinery {
  readonly context: ServerContext;
  readonly executor: Executor;
  readonly gathering: Gathering;
  readonly wire: Wire;
  readonly native: Dialect;
  readonly resp: Dialect;
  readonly turn: Turn;
  /** For what connections keep of requests that are on their way. */
  readonly spares: SpareArrays;
  readonly busyPoll: BusyPoll;
}
