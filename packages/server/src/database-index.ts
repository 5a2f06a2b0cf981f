import { type ErrorReply, errorReply, type RequestBatch } from '@kv/protocol';
import type { Keyspaces } from './ports.ts';

const OUT_OF_RANGE = errorReply('DB index is out of range');
const NO_INDEX = errorReply('value is out of range, value must between -2147483648 and 2147483647');

/** The number of a database that an argument names, or the error for one that it can't. */
export function databaseIndex(
  request: RequestBatch,
  argument: number,
  { count }: Keyspaces,
): number | ErrorReply {
  const index = Number(request.integer(argument));
  if (index !== (index | 0)) return NO_INDEX;
  return index < 0 || index >= count ? OUT_OF_RANGE : index;
}
