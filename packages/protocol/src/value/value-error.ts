/**
 * Why a value could not be encoded or decoded. The contract is the code; the
 * message is for people.
 *
 * | code | when |
 * |---|---|
 * | `UNSUPPORTED_VALUE` | encode: a function, a symbol, an instance of a class without an extension...; decode: a kind this host does not have |
 * | `CYCLE` | an object contains itself |
 * | `TOO_DEEP` | more than `DEPTH_MAX` levels, in a value or in bytes |
 * | `LONE_SURROGATE` | a string that is not well-formed UTF-16 has no UTF-8 |
 * | `BIGINT_RANGE` | a bigint outside [-2^63, 2^64-1] |
 * | `TOO_LARGE` | more than `VALUE_BYTES_MAX` bytes, or a string longer than the engine allows |
 * | `MALFORMED` | bytes that are not exactly one value: truncated, trailing, reserved, inconsistent |
 * | `UNKNOWN_EXTENSION` | bytes of an application extension that this codec was not given |
 * | `BAD_EXTENSION` | an extension that cannot be registered |
 */
export type ValueErrorCode =
  | 'UNSUPPORTED_VALUE'
  | 'CYCLE'
  | 'TOO_DEEP'
  | 'LONE_SURROGATE'
  | 'BIGINT_RANGE'
  | 'TOO_LARGE'
  | 'MALFORMED'
  | 'UNKNOWN_EXTENSION'
  | 'BAD_EXTENSION';

/**
 * A value that has no bytes, or bytes that are no value.
 *
 * @example
 * ```ts
 * try {
 *   codec.encode({ orders: [{ when: () => 1 }] });
 * } catch (error) {
 *   if (error instanceof ValueError) console.log(error.code, error.path);
 *   // UNSUPPORTED_VALUE $.orders[0].when
 * }
 * ```
 */
export class ValueError extends Error {
  readonly code: ValueErrorCode;
  /** Where in the value, `$` being the whole of it; only encoding knows it. */
  readonly path?: string;

  constructor(code: ValueErrorCode, message: string, path?: string) {
    super(message);
    this.name = 'ValueError';
    this.code = code;
    if (path !== undefined) this.path = path;
  }
}
