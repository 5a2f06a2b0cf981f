import { errorReply } from '@kv/protocol';
import type { Handler, ServerContext } from '../handler.ts';
import { commandHelp } from './help.ts';
import { encodingName } from './object.ts';

const NOT_ALLOWED = errorReply(
  'DEBUG command not allowed. If the enable-debug-command option is set to "local", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.',
);
const NO_KEY = errorReply('no such key');
const BAD_SECONDS = errorReply('seconds must be a number from 0 to 2147483');
const SECONDS_MAX = 2_147_483;

/** Whether a client is on this machine. */
function isLocal(address: string): boolean {
  return address === 'unix' || address.startsWith('127.') || address.startsWith('[::1]');
}

function sleep({ debugging }: ServerContext): Handler {
  return (request, _session, out) => {
    const text = request.text(request.at).trim();
    const seconds = text === '' ? Number.NaN : Number(text);
    if (!(seconds >= 0 && seconds <= SECONDS_MAX)) return out.error(BAD_SECONDS);
    debugging.block(seconds * 1000);
    out.status('OK');
  };
}

function activeExpire({ debugging }: ServerContext): Handler {
  return (request, _session, out) => {
    debugging.activeExpiry(Number(request.integer(request.at)) !== 0);
    out.status('OK');
  };
}

const object: Handler = (request, { keyspace: db }, out) => {
  const ref = db.find(request, request.at);
  if (ref === 0) return out.error(NO_KEY);
  out.status(
    `Value at:0x0 refcount:1 encoding:${encodingName(db, ref)} serializedlength:${db.valueLength(ref)} lru:0 lru_seconds_idle:0`,
  );
};

/** Handlers of `protocol/src/commands/debug.ts`, row by row. */
export function debugCommands(context: ServerContext) {
  const allowed =
    (handler: Handler): Handler =>
    (request, session, out) => {
      const from = context.debugging.allowed;
      const isAllowed = from === 'yes' || (from === 'local' && isLocal(session.address));
      if (isAllowed) return handler(request, session, out);
      out.error(NOT_ALLOWED);
    };
  return {
    'DEBUG SLEEP': allowed(sleep(context)),
    'DEBUG SET-ACTIVE-EXPIRE': allowed(activeExpire(context)),
    'DEBUG OBJECT': allowed(object),
    'DEBUG JMAP': allowed((_request, _session, out) => out.status('OK')),
    'DEBUG HELP': allowed(commandHelp('DEBUG')),
  };
}
