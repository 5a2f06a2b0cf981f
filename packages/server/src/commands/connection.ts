import {
  Errors,
  errorReply,
  NATIVE_VERSION,
  optionSlots,
  type ReplyWriter,
  type RequestBatch,
} from '@kv/protocol';
import { databaseIndex } from '../database-index.ts';
import type { Handler, Handlers, ServerContext } from '../handler.ts';
import { SIGN_IN_PAUSE_MS } from '../limits.ts';
import { Parked } from '../parked.ts';
import { REDIS_VERSION } from '../redis-version.ts';
import type { ProtocolVersion, Session } from '../session.ts';
import {
  clientGetname,
  clientInfo,
  clientKill,
  clientList,
  clientNoEvict,
  clientNoTouch,
  clientPause,
  clientReply,
  clientSetinfo,
  clientSetname,
  clientUnblock,
  clientUnpause,
  nameSession,
} from './clients.ts';
import { commandHelp } from './help.ts';

const HelloOption = optionSlots('HELLO');

const NO_PROTOCOL = errorReply(
  `unsupported protocol version; this connection speaks version ${NATIVE_VERSION}`,
  'NOPROTO',
);
/** Clients fall back to RESP2 at this very code. */
const NO_RESP = errorReply('unsupported protocol version', 'NOPROTO');
const HELLO_NEEDS_AUTH = errorReply(
  'HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time',
  'NOAUTH',
);
const NO_PASSWORD = errorReply(
  'AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?',
);
const BAD_NAME = errorReply('Client names cannot contain spaces, newlines or special characters.');

/** A failed sign-in is answered after a pause: guessing is slow, and nobody else waits. */
function refuseSignIn(
  { timers, log }: ServerContext,
  session: Session,
  out: ReplyWriter,
): Parked | undefined {
  log.warn({ client: session.id, address: session.address }, 'a sign-in was refused');
  // Whoever is in a transaction has signed in before, and guesses nothing.
  if (session.executing) {
    out.error(Errors.wrongPass);
    return undefined;
  }
  let timer: unknown;
  return new Parked(
    (resume) => {
      timer = timers.setTimeout(
        () => resume((out) => out.error(Errors.wrongPass)),
        SIGN_IN_PAUSE_MS,
      );
    },
    () => timers.clearTimeout(timer),
  );
}

const operandOf = (request: RequestBatch, slot: number): number =>
  (request.options[slot] as number) - 1;

/** The version that HELLO asks for: undefined if this connection can't speak it. */
function versionAsked(request: RequestBatch, session: Session): ProtocolVersion | undefined {
  if (request.size === 0) return session.protocol;
  const asked = Number(request.integer(request.at));
  if (session.protocol === NATIVE_VERSION) return asked === NATIVE_VERSION ? asked : undefined;
  return asked === 2 || asked === 3 ? asked : undefined;
}

function hello(context: ServerContext): Handler {
  return (request, session, out) => {
    const version = versionAsked(request, session);
    if (version === undefined) {
      session.closing = !session.greeted;
      return out.error(session.protocol === NATIVE_VERSION ? NO_PROTOCOL : NO_RESP);
    }
    const auth = operandOf(request, HelloOption.AUTH);
    if (auth >= 0) {
      if (!context.credentials.accepts(request.text(auth), request.text(auth + 1)))
        return refuseSignIn(context, session, out);
      session.authenticated = true;
    }
    if (!session.authenticated) return out.error(HELLO_NEEDS_AUTH);
    const named = operandOf(request, HelloOption.SETNAME);
    if (named >= 0 && !nameSession(session, request.text(named))) return out.error(BAD_NAME);
    session.greeted = true;
    session.protocol = version;
    out.version = version;
    writeFacts(context, session, out);
  };
}

/** What HELLO answers. A RESP client is told which Redis it may expect. */
function writeFacts({ version }: ServerContext, session: Session, out: ReplyWriter): void {
  const native = session.protocol === NATIVE_VERSION;
  const facts: readonly (readonly [string, string | number])[] = [
    ['server', native ? 'kvd' : 'redis'],
    ['version', native ? version : REDIS_VERSION],
    ['proto', session.protocol],
    ['id', session.id],
    ['mode', 'standalone'],
    ['role', 'master'],
  ];
  out.map(facts.length + 1);
  for (const [name, fact] of facts) {
    out.text(name);
    if (typeof fact === 'number') out.integer(fact);
    else out.text(fact);
  }
  out.text('modules');
  out.array(0);
}

function auth(context: ServerContext): Handler {
  return (request, session, out) => {
    const { at, size } = request;
    if (size === 1 && !context.credentials.required) return out.error(NO_PASSWORD);
    const user = size === 2 ? request.text(at) : 'default';
    if (!context.credentials.accepts(user, request.text(at + size - 1)))
      return refuseSignIn(context, session, out);
    session.authenticated = true;
    out.status('OK');
  };
}

function select({ keyspaces }: ServerContext): Handler {
  return (request, session, out) => {
    const index = databaseIndex(request, request.at, keyspaces);
    if (typeof index !== 'number') return out.error(index);
    session.database = index;
    session.keyspace = keyspaces.at(index);
    out.status('OK');
  };
}

function reset({ keyspaces, credentials, watchedKeys, pubsub, monitors }: ServerContext): Handler {
  return (_request, session, out) => {
    watchedKeys.forget(session);
    pubsub.forget(session);
    if (session.monitoring) monitors.forget(session);
    session.reset(keyspaces.at(0), !credentials.required);
    out.version = session.protocol;
    out.status('RESET');
  };
}

/** Handlers of `protocol/src/commands/connection.ts`, row by row. */
export function connectionCommands(context: ServerContext): Handlers<'connection'> {
  return {
    PING: ping,
    ECHO: (request, _session, out) => out.bytes(messageOf(request)),
    HELLO: hello(context),
    AUTH: auth(context),
    SELECT: select(context),
    QUIT: (_request, session, out) => {
      session.closing = true;
      out.status('OK');
    },
    'CLIENT ID': (_request, session, out) => out.integer(session.id),
    'CLIENT SETNAME': clientSetname,
    'CLIENT GETNAME': clientGetname,
    'CLIENT SETINFO': clientSetinfo,
    'CLIENT INFO': clientInfo(context),
    'CLIENT LIST': clientList(context),
    'CLIENT KILL': clientKill(context),
    'CLIENT NO-EVICT': clientNoEvict,
    'CLIENT NO-TOUCH': clientNoTouch,
    'CLIENT REPLY': clientReply,
    'CLIENT PAUSE': clientPause(context),
    'CLIENT UNBLOCK': clientUnblock(context),
    'CLIENT UNPAUSE': clientUnpause(context),
    'CLIENT HELP': commandHelp('CLIENT'),
    RESET: reset(context),
  };
}

const NO_BYTES = new Uint8Array(0);

/** A RESP2 client with subscriptions tells replies from messages by their form. */
const ping: Handler = (request, session, out) => {
  if (session.protocol === 2 && session.subscriptions !== undefined) {
    out.array(2);
    out.text('pong');
    out.bytes(request.size === 0 ? NO_BYTES : messageOf(request));
  } else if (request.size === 0) out.status('PONG');
  else out.bytes(messageOf(request));
};

/** The first argument, byte for byte; an integer as its digits. */
function messageOf(request: RequestBatch): Uint8Array {
  return request.isText(request.at)
    ? request.range(request.at)
    : new TextEncoder().encode(request.text(request.at));
}
