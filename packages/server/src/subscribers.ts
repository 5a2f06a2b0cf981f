// RESP2 has no place for messages between replies: a client with subscriptions may send little else.
import { type CompiledCommand, type ErrorReply, errorReply } from '@kv/protocol';
import { commandTitle } from './command-title.ts';

/** What a RESP2 client may send while it has subscriptions. */
export function isForSubscribers({ row }: CompiledCommand): boolean {
  return row.name.endsWith('SUBSCRIBE') || ['PING', 'QUIT', 'RESET'].includes(row.name);
}

/** What anything else is refused with. */
export function notForSubscribers({ row }: CompiledCommand): ErrorReply {
  return errorReply(
    `Can't execute '${commandTitle({ row })}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context`,
  );
}
