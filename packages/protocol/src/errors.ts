/** The codes that an error on the wire can begin with. */
const ERROR_CODES = [
  'ERR',
  'WRONGTYPE',
  'NOAUTH',
  'UNBLOCKED',
  'WRONGPASS',
  'NOPROTO',
  'NOPERM',
  'OOM',
  'LOADING',
  'MISCONF',
  'NOLOG',
  'BUSY',
  'BUSYKEY',
  'READONLY',
  'EXECABORT',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** An error reply before it is written: a code, and a sentence for people. */
export interface ErrorReply {
  readonly code: ErrorCode;
  readonly message: string;
}

/** Builds an {@link ErrorReply}; made once a message, not once a reply. */
export function errorReply(message: string, code: ErrorCode = 'ERR'): ErrorReply {
  return { code, message };
}

/** The error replies that more than one place gives, in Redis's words where it has them. */
export const Errors = {
  syntax: errorReply('syntax error'),
  notInteger: errorReply('value is not an integer or out of range'),
  overflow: errorReply('increment or decrement would overflow'),
  execAborted: errorReply('Transaction discarded because of previous errors.', 'EXECABORT'),
  wrongType: errorReply('Operation against a key holding the wrong kind of value', 'WRONGTYPE'),
  noAuth: errorReply('Authentication required.', 'NOAUTH'),
  wrongPass: errorReply('invalid username-password pair or user is disabled.', 'WRONGPASS'),
  outOfMemory: errorReply("command not allowed when used memory > 'maxmemory'.", 'OOM'),
  loading: errorReply('kvd is loading the dataset in memory', 'LOADING'),
  keyKind: errorReply('a key must be a string or bytes'),
  keyTooLong: errorReply('a key is longer than 1048576 bytes'),
  valueTooLong: errorReply('a value is longer than 536870912 bytes'),
  textTooLong: errorReply('an argument is longer than 1048576 bytes'),
  replyTooLong: errorReply('the reply would be longer than 1073741824 bytes'),
  textKind: errorReply('an argument must be a string'),
  valueMalformed: errorReply('a value is not well-formed MessagePack'),
  valueTooDeep: errorReply('a value is nested deeper than 128 levels'),
} as const;

/** The bytes themselves break the protocol: the connection cannot go on. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  /** Always `'PROTOCOL'`: what a catcher compares. */
  readonly code = 'PROTOCOL';
}
