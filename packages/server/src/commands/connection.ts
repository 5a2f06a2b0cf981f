import { Errors, errorReply, NATIVE_VERSION, optionSlots, type RequestBatch } from '@kv/protocol';
import { clientLine } from '../client-line.ts';
import type { Handler, Handlers, ServerContext } from '../handler.ts';
import { SIGN_IN_PAUSE_MS } from '../limits.ts';
import { Parked } from '../parked.ts';
import { quoted } from '../quoted.ts';
import type { Session } from '../session.ts';

const HelloOption = optionSlots('HELLO');
const ListOption = optionSlots('CLIENT LIST');

const NO_PROTOCOL = errorReply(
  `unsupported protocol version; this connection speaks version ${NATIVE_VERSION}`,
  'NOPROTO',
);
const HELLO_NEEDS_AUTH = errorReply(
  'HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time',
  'NOAUTH',
);
const NO_PASSWORD = errorReply(
  'AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?',
);
const BAD_NAME = errorReply('Client names cannot contain spaces, newlines or special characters.');
const BAD_INDEX = errorReply('DB index is out of range');
const BAD_ID = errorReply('Invalid client ID');

/** A failed sign-in is answered after a pause: guessing is slow, and nobody else waits. */
function refuseSignIn({ timers, log }: ServerContext, session: Session): Parked {
  log.warn({ client: session.id, address: session.address }, 'a sign-in was refused');
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

/** Printable ASCII without spaces, as Redis allows: names stand in CLIENT LIST's lines. */
const NAME = /^[!-~]*$/;

const operandOf = (request: RequestBatch, slot: number): number =>
  (request.options[slot] as number) - 1;

function hello(context: ServerContext): Handler {
  return (request, session, out) => {
    if (request.size > 0 && request.integer(request.at) !== NATIVE_VERSION) {
      session.closing = !session.greeted;
      return out.error(NO_PROTOCOL);
    }
    const auth = operandOf(request, HelloOption.AUTH);
    if (auth >= 0) {
      if (!context.credentials.accepts(request.text(auth), request.text(auth + 1)))
        return refuseSignIn(context, session);
      session.authenticated = true;
    }
    if (!session.authenticated) return out.error(HELLO_NEEDS_AUTH);
    const named = operandOf(request, HelloOption.SETNAME);
    if (named >= 0) {
      const name = request.text(named);
      if (!NAME.test(name)) return out.error(BAD_NAME);
      session.name = name;
    }
    session.greeted = true;
    const facts: readonly (readonly [string, string | number])[] = [
      ['server', 'kvd'],
      ['version', context.version],
      ['proto', NATIVE_VERSION],
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
  };
}

function auth(context: ServerContext): Handler {
  return (request, session, out) => {
    const { at, size } = request;
    if (size === 1 && !context.credentials.required) return out.error(NO_PASSWORD);
    const user = size === 2 ? request.text(at) : 'default';
    if (!context.credentials.accepts(user, request.text(at + size - 1)))
      return refuseSignIn(context, session);
    session.authenticated = true;
    out.status('OK');
  };
}

function select({ keyspaces }: ServerContext): Handler {
  return (request, session, out) => {
    const index = Number(request.integer(request.at));
    if (index < 0 || index >= keyspaces.count) return out.error(BAD_INDEX);
    session.database = index;
    session.keyspace = keyspaces.at(index);
    out.status('OK');
  };
}

const setname: Handler = (request, session, out) => {
  const name = request.text(request.at);
  if (!NAME.test(name)) return out.error(BAD_NAME);
  session.name = name;
  out.status('OK');
};

function list(context: ServerContext): Handler {
  return (request, _session, out) => {
    const ids = operandOf(request, ListOption.ID);
    const typed = operandOf(request, ListOption.TYPE);
    let wanted: Set<number> | undefined;
    if (ids >= 0) {
      wanted = new Set();
      for (let a = ids; a < request.at + request.size; a++) {
        const id = request.integer(a) as number | bigint;
        if (id < 1) return out.error(BAD_ID);
        wanted.add(Number(id));
      }
    }
    if (typed >= 0) {
      const type = request.text(typed).toLowerCase();
      if (!CLIENT_TYPES.has(type))
        return out.error(errorReply(`Unknown client type '${quoted(request, typed)}'`));
      // Every client is a normal one: there are no replicas and no subscribers.
      if (type !== 'normal') wanted = new Set();
    }
    const now = context.clock.now();
    const lines: string[] = [];
    for (const session of context.sessions)
      if (wanted === undefined || wanted.has(session.id)) lines.push(clientLine(session, now));
    out.text(lines.map((line) => `${line}\n`).join(''));
  };
}

const CLIENT_TYPES = new Set(['normal', 'master', 'replica', 'slave', 'pubsub']);

/** Handlers of `protocol/src/commands/connection.ts`, row by row. */
export function connectionCommands(context: ServerContext): Handlers<'connection'> {
  return {
    PING: (request, _session, out) => {
      if (request.size === 0) out.status('PONG');
      else out.bytes(messageOf(request));
    },
    ECHO: (request, _session, out) => out.bytes(messageOf(request)),
    HELLO: hello(context),
    AUTH: auth(context),
    SELECT: select(context),
    QUIT: (_request, session, out) => {
      session.closing = true;
      out.status('OK');
    },
    'CLIENT ID': (_request, session, out) => out.integer(session.id),
    'CLIENT SETNAME': setname,
    'CLIENT GETNAME': (_request, { name }, out) => {
      if (name === '') out.absent();
      else out.text(name);
    },
    'CLIENT LIST': list(context),
  };
}

/** The first argument, byte for byte; an integer as its digits. */
function messageOf(request: RequestBatch): Uint8Array {
  return request.isText(request.at)
    ? request.range(request.at)
    : new TextEncoder().encode(request.text(request.at));
}
