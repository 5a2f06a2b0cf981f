import type { Call } from './call.ts';
import { KvError } from './errors.ts';

/** Throws when one of the signals has been aborted before the call was made. */
export function checkSignals(signals: readonly AbortSignal[]): void {
  for (const signal of signals) if (signal.aborted) throw aborted(signal, false);
}

/** Gives a call up when one of its signals is aborted. */
export function followSignals(
  signals: readonly AbortSignal[],
  call: Call,
  giveUp: (error: KvError) => void,
): void {
  const abort = (event: Event) => giveUp(aborted(event.target as AbortSignal, call.sent));
  for (const signal of signals) signal.addEventListener('abort', abort, { once: true });
  call.release = () => {
    for (const signal of signals) signal.removeEventListener('abort', abort);
  };
  // A getter of the value may have aborted it while it was encoded.
  const late = signals.find((signal) => signal.aborted);
  if (late !== undefined) giveUp(aborted(late, false));
}

function aborted(signal: AbortSignal, sent: boolean): KvError {
  return new KvError('ABORTED', 'the call was aborted', { cause: signal.reason, sent });
}
