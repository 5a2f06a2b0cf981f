/** What a tool was told to read can't be read; `cause` is what the system says. */
export class InputError extends Error {
  override readonly name = 'InputError';

  constructor(path: string, cause: Error) {
    super(`cannot read ${path}: ${cause.message}`, { cause });
  }
}
