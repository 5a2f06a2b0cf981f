import { errorReply } from '@kv/protocol';
import type { Handler, ServerContext } from '../handler.ts';
import { commandHelp } from './help.ts';

const NO_REPLICATION = errorReply('this server has no replication: it can only follow NO ONE');
const NO_CLUSTER = errorReply('This instance has cluster support disabled');
const NEGATIVE_TIMEOUT = errorReply('timeout is negative');

function time({ clock }: ServerContext): Handler {
  return (_request, _session, out) => {
    const now = clock.now();
    const seconds = Math.floor(now / 1000);
    out.array(2);
    out.text(String(seconds));
    out.text(String(Math.floor((now - seconds * 1000) * 1000)));
  };
}

const role: Handler = (_request, _session, out) => {
  out.array(3);
  out.text('master');
  out.integer(0);
  out.array(0);
};

const wait: Handler = (request, _session, out) => {
  const timeout = request.integer(request.at + 1);
  if ((timeout as number | bigint) < 0) return out.error(NEGATIVE_TIMEOUT);
  out.integer(0);
};

const replicaof: Handler = (request, _session, out) => {
  const master = `${request.text(request.at)} ${request.text(request.at + 1)}`;
  if (master.toUpperCase() === 'NO ONE') out.status('OK');
  else out.error(NO_REPLICATION);
};

/** A wave that comes in. */
const DRAWING = [
  '                 _.====.._',
  '               ,:._       ~-_',
  '                   `\\        ~-_',
  '                     |          `.',
  '   ,  ,  ,  ,  ,  , ,/            ~-_ ,  ,  ,',
].join('\n');

/** Handlers of `protocol/src/commands/standalone.ts`, row by row. */
export function standaloneCommands(context: ServerContext) {
  return {
    TIME: time(context),
    ROLE: role,
    WAIT: wait,
    REPLICAOF: replicaof,
    SLAVEOF: replicaof,
    CLUSTER: ((_request, _session, out) => out.error(NO_CLUSTER)) satisfies Handler,
    'ACL WHOAMI': ((_request, _session, out) => out.text('default')) satisfies Handler,
    'ACL HELP': commandHelp('ACL'),
    'FUNCTION FLUSH': ((_request, _session, out) => out.status('OK')) satisfies Handler,
    'FUNCTION LIST': ((_request, _session, out) => out.array(0)) satisfies Handler,
    'FUNCTION HELP': commandHelp('FUNCTION'),
    'MODULE LIST': ((_request, _session, out) => out.array(0)) satisfies Handler,
    'MODULE HELP': commandHelp('MODULE'),
    LOLWUT: ((_request, _session, out) =>
      out.verbatim(`${DRAWING}\n\nkvd ver. ${context.version}\n`)) satisfies Handler,
  };
}
