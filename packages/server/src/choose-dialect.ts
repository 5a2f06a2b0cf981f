import type { ClientSocket } from './client-socket.ts';
import type { Dialect } from './dialect.ts';
import { foreignProtocol, NATIVE_FIRST_BYTE } from './foreign.ts';
import type { Machinery } from './machinery.ts';
import type { Session } from './session.ts';

/**
 * Chooses the protocol of a connection by its first bytes. Undefined: it is not one of ours; the
 * client is told so in its own language, and nothing it sends is executed.
 */
export function chooseDialect(
  first: Uint8Array,
  session: Session,
  socket: ClientSocket,
  { native, resp, context }: Machinery,
): Dialect | undefined {
  const foreign = foreignProtocol(first);
  if (foreign !== undefined) {
    const { address, id } = session;
    context.log.warn({ client: id, address, protocol: foreign.name }, 'refused a foreign protocol');
    session.closing = true;
    socket.end(foreign.answer);
    return undefined;
  }
  if (first[0] === NATIVE_FIRST_BYTE) return native;
  session.protocol = 2;
  // RESP connections may begin with anything.
  session.greeted = true;
  return resp;
}
