import { channel } from 'node:diagnostics_channel';
import type { KvError } from './errors.ts';
import type { ClientTimers } from './options.ts';
import type { ClientState } from './state.ts';

/**
 * The diagnostics channel on which every finished call is told, as a {@link CallTrace}.
 *
 * @example
 * ```ts
 * import { subscribe } from 'node:diagnostics_channel';
 *
 * subscribe(CALLS_CHANNEL, (message) => {
 *   const { command, durationMs, error } = message as CallTrace;
 *   console.log(command, durationMs, error);
 * });
 * ```
 */
export const CALLS_CHANNEL = '@kv/client:call';

/** The diagnostics channel on which every change of a client's state is told, as a {@link StateTrace}. */
export const STATES_CHANNEL = '@kv/client:state';

/** What {@link CALLS_CHANNEL} tells. */
export interface CallTrace {
  /** `'GET'`, `'CLIENT ID'`, ... */
  readonly command: string;
  /** From the call to its end, waiting for a connection included. */
  readonly durationMs: number;
  /** What it was rejected with. */
  readonly error?: unknown;
}

/** What {@link STATES_CHANNEL} tells. */
export interface StateTrace {
  /** `host:port`, or the path of the Unix socket. */
  readonly address: string;
  readonly state: ClientState;
  /** Why there is no connection any more. */
  readonly error?: KvError;
}

const calls = channel(CALLS_CHANNEL);
const states = channel(STATES_CHANNEL);

/** Tells a call to the channel's subscribers when it has ended; costs nothing without any. */
export function traceCall(
  command: string,
  timers: ClientTimers,
  reply: Promise<unknown>,
): Promise<unknown> {
  if (!calls.hasSubscribers) return reply;
  const startedAt = timers.now();
  const durationMs = () => timers.now() - startedAt;
  reply.then(
    () => calls.publish({ command, durationMs: durationMs() } satisfies CallTrace),
    (error) => calls.publish({ command, durationMs: durationMs(), error } satisfies CallTrace),
  );
  return reply;
}

/** Tells a change of state. */
export function traceState(address: string, state: ClientState, error: KvError | undefined): void {
  if (!states.hasSubscribers) return;
  states.publish(error === undefined ? { address, state } : { address, state, error });
}
