import { channel } from 'node:diagnostics_channel';

/** Where finished calls are told, for those who measure: `{ command, durationMs, error? }`. */
export const CALLS_CHANNEL = '@kv/client:call';

const calls = channel(CALLS_CHANNEL);

/** Tells a call to the channel's subscribers when it has ended; costs nothing without any. */
export function trace(command: string, reply: Promise<unknown>): Promise<unknown> {
  if (!calls.hasSubscribers) return reply;
  const startedAt = performance.now();
  const tell = (error?: unknown) => {
    const durationMs = performance.now() - startedAt;
    calls.publish(error === undefined ? { command, durationMs } : { command, durationMs, error });
  };
  reply.then(
    () => tell(),
    (error) => tell(error),
  );
  return reply;
}
