import { KvError } from './errors.ts';

/** What a call takes at least, and what else one method takes. */
export function callOptions(...more: readonly string[]): ReadonlySet<string> {
  return new Set([...more, 'signal', 'timeoutMs', 'durable']);
}

/**
 * A misspelt option must not mean a value that lives for ever, or a call that waits for long.
 *
 * @throws {@link KvError} `INVALID_ARGUMENT`
 */
export function checkOptions(
  method: string,
  options: unknown,
  allowed: ReadonlySet<string>,
): asserts options is object {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new KvError('INVALID_ARGUMENT', `${method}: options are one object, the last argument`);
  for (const name in options) if (!allowed.has(name)) throw noOption(method, name, allowed);
}

/** An option that there is not. */
export function noOption(method: string, name: string, allowed: Iterable<string>): KvError {
  const message = `${name} is no option of ${method}, which takes ${[...allowed].join(', ')}`;
  return new KvError('INVALID_ARGUMENT', message);
}
