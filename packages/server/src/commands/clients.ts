// The CLIENT commands: what a connection says of itself, and what is done to others.
import { Errors, errorReply, optionSlots, type RequestBatch } from '@kv/protocol';
import { clientLine } from '../client-line.ts';
import { clientTypeNamed, clientTypeOf } from '../client-type.ts';
import type { Handler, ServerContext } from '../handler.ts';
import type { Reply } from '../parked.ts';
import { quoted } from '../quoted.ts';
import type { Session } from '../session.ts';
import { killFilter } from './kill-filter.ts';

const ListOption = optionSlots('CLIENT LIST');
const PauseOption = optionSlots('CLIENT PAUSE');

const BAD_NAME = errorReply('Client names cannot contain spaces, newlines or special characters.');
const NO_CLIENT = errorReply('No such client');
const BAD_REASON = errorReply('CLIENT UNBLOCK reason should be TIMEOUT or ERROR');
const UNBLOCKED: Reply = (out) =>
  out.error(errorReply('client unblocked via CLIENT UNBLOCK', 'UNBLOCKED'));
const NEGATIVE_PAUSE = errorReply('timeout is negative');
const BAD_PAUSE = errorReply('timeout is not an integer or out of range');
const NATIVE_REPLIES = errorReply(
  'CLIENT REPLY OFF and SKIP are for RESP; natively every request has a reply',
);
/** A pause ends within the range of timers. */
const PAUSE_MS_MAX = 2 ** 31 - 1;

/** Printable ASCII without spaces, as Redis allows: names stand in CLIENT LIST's lines. */
const NAME = /^[!-~]*$/;

/** Names a connection. False: the name can't be. */
export function nameSession(session: Session, name: string): boolean {
  if (!NAME.test(name)) return false;
  session.name = name;
  return true;
}

export const clientSetname: Handler = (request, session, out) => {
  if (nameSession(session, request.text(request.at))) out.status('OK');
  else out.error(BAD_NAME);
};

export const clientGetname: Handler = (_request, { name }, out) => {
  if (name === '') out.absent();
  else out.text(name);
};

export const clientSetinfo: Handler = (request, session, out) => {
  const attribute = request.text(request.at).toUpperCase();
  const value = request.text(request.at + 1);
  if (attribute !== 'LIB-NAME' && attribute !== 'LIB-VER')
    return out.error(errorReply(`Unrecognized option '${quoted(request, request.at)}'`));
  if (!NAME.test(value))
    return out.error(
      errorReply(
        `${attribute.toLowerCase()} cannot contain spaces, newlines or special characters.`,
      ),
    );
  if (attribute === 'LIB-NAME') session.libraryName = value;
  else session.libraryVersion = value;
  out.status('OK');
};

export function clientInfo({ clock }: ServerContext): Handler {
  return (_request, session, out) => out.verbatim(`${clientLine(session, clock.now())}\n`);
}

const operandOf = (request: RequestBatch, slot: number): number =>
  (request.options[slot] as number) - 1;

export function clientList(context: ServerContext): Handler {
  return (request, _session, out) => {
    const ids = operandOf(request, ListOption.ID);
    const typed = operandOf(request, ListOption.TYPE);
    const type = typed < 0 ? undefined : clientTypeNamed(request.text(typed));
    if (typed >= 0 && type === undefined)
      return out.error(errorReply(`Unknown client type '${quoted(request, typed)}'`));
    const wanted = new Set<number>();
    if (ids >= 0)
      for (let a = ids; a < request.at + request.size; a++) wanted.add(Number(request.integer(a)));
    const now = context.clock.now();
    const shown = [...context.sessions].filter(
      (session) =>
        (ids < 0 || wanted.has(session.id)) &&
        (type === undefined || clientTypeOf(session) === type),
    );
    out.verbatim(shown.map((session) => `${clientLine(session, now)}\n`).join(''));
  };
}

export function clientKill(context: ServerContext): Handler {
  return (request, self, out) => {
    const words = Array.from({ length: request.size }, (_, i) => request.text(request.at + i));
    const filter = killFilter(words, self, context.clock.now());
    if ('code' in filter) return out.error(filter);
    let killed = 0;
    for (const session of context.sessions) {
      if (!filter.matches(session)) continue;
      killed++;
      // Its own reply is to reach it.
      if (session === self) session.closing = true;
      else session.disconnect();
    }
    if (!filter.byAddress) out.integer(killed);
    else if (killed === 0) out.error(NO_CLIENT);
    else out.status('OK');
  };
}

/** ON or OFF; undefined for anything else. */
function onOff(request: RequestBatch): boolean | undefined {
  const word = request.text(request.at).toUpperCase();
  return word === 'ON' ? true : word === 'OFF' ? false : undefined;
}

function flag(name: 'noEvict' | 'noTouch'): Handler {
  return (request, session, out) => {
    const on = onOff(request);
    if (on === undefined) return out.error(Errors.syntax);
    session[name] = on;
    out.status('OK');
  };
}

export const clientNoEvict = flag('noEvict');
export const clientNoTouch = flag('noTouch');

export const clientReply: Handler = (request, session, out) => {
  const mode = request.text(request.at).toUpperCase();
  if (mode !== 'ON' && mode !== 'OFF' && mode !== 'SKIP') return out.error(Errors.syntax);
  if (mode !== 'ON' && session.protocol === 1) return out.error(NATIVE_REPLIES);
  if (mode === 'SKIP') session.skipsReply = !session.repliesOff;
  else session.repliesOff = mode === 'OFF';
  out.status('OK');
};

export function clientPause({ pause, clock }: ServerContext): Handler {
  return (request, _session, out) => {
    const ms = request.integer(request.at) as number | bigint;
    if (ms < 0) return out.error(NEGATIVE_PAUSE);
    if (ms > PAUSE_MS_MAX) return out.error(BAD_PAUSE);
    pause.start(Number(ms), request.options[PauseOption.WRITE] === 0, clock.now());
    out.status('OK');
  };
}

export function clientUnblock({ sessions }: ServerContext): Handler {
  return (request, _session, out) => {
    const reason = request.size === 1 ? 'TIMEOUT' : request.text(request.at + 1).toUpperCase();
    if (reason !== 'TIMEOUT' && reason !== 'ERROR') return out.error(BAD_REASON);
    const id = Number(request.integer(request.at));
    const session = [...sessions].find((one) => one.id === id);
    const reply = reason === 'ERROR' ? UNBLOCKED : undefined;
    out.integer(session?.unblock(reply) ? 1 : 0);
  };
}

export function clientUnpause({ pause }: ServerContext): Handler {
  return (_request, _session, out) => {
    pause.end();
    out.status('OK');
  };
}
