import { Errors, errorReply, NATIVE_VERSION, optionSlots } from '@kv/protocol';
import { matchesGlob } from '../glob.ts';
import type { Handler, Handlers, ServerContext } from '../handler.ts';
import { info } from '../info.ts';
import { Parked, type Reply } from '../parked.ts';
import type { Keyspace } from '../ports.ts';
import type { Session } from '../session.ts';
import { debugCommands } from './debug.ts';
import { diagnosticsCommands } from './diagnostics.ts';
import { commandHelp } from './help.ts';
import {
  commandCount,
  commandDocs,
  commandGetKeys,
  commandInfo,
  commandList,
} from './introspection.ts';
import { memoryCommands } from './memory.ts';
import { standaloneCommands } from './standalone.ts';
import { waitaof } from './waitaof.ts';

const ShutdownOption = optionSlots('SHUTDOWN');
const encoder = new TextEncoder();

const NO_LOG = errorReply('appendonly is no: there is no log to rewrite');
const REWRITE_RUNNING = errorReply('Background append only file rewriting already in progress');
const SAVE_RUNNING = errorReply('Background save already in progress');

/** What a failed save is answered with; the log has the whole story. */
const saveFailed = (error: unknown) =>
  (error as { code?: unknown }).code === 'SAVE_IN_PROGRESS'
    ? SAVE_RUNNING
    : errorReply(`the snapshot could not be saved: ${(error as Error).message}`);

/**
 * Redis's SAVE stops the world; here other clients are served while this one waits. Whether
 * a save is in the way is known best by whoever saves: one that FLUSH has just undone is not.
 */
function save({ snapshots }: ServerContext): Handler {
  return () =>
    new Parked((resume) => {
      snapshots.save().then(
        () => resume((later) => later.status('OK')),
        (error) => resume((later) => later.error(saveFailed(error))),
      );
    });
}

/** Redis's words, and those of the native protocol. */
const BACKGROUND_SAVE = ['Background saving started', 'Background save started'] as const;

function bgsave({ snapshots, log }: ServerContext): Handler {
  return (_request, { protocol }, out) => {
    if (snapshots.saving) return out.error(SAVE_RUNNING);
    // The outcome is in INFO persistence and in the log; nobody waits for it here.
    snapshots.save().catch((error) => log.error({ err: error }, 'background save failed'));
    out.status(BACKGROUND_SAVE[protocol === NATIVE_VERSION ? 1 : 0]);
  };
}

function bgrewriteaof({ appendLog, log }: ServerContext): Handler {
  return (_request, _session, out) => {
    if (!appendLog.enabled) return out.error(NO_LOG);
    if (appendLog.rewriting) return out.error(REWRITE_RUNNING);
    // The outcome is in INFO persistence and in the log; nobody waits for it here.
    appendLog.rewrite().catch((error) => log.error({ err: error }, 'rewrite failed'));
    out.status('Background append only file rewriting started');
  };
}

function shutdown({ lifecycle, loading }: ServerContext): Handler {
  return (request) => {
    const { options } = request;
    let saves: boolean | undefined;
    if (options[ShutdownOption.SAVE] !== 0) saves = true;
    // Half of the data must not replace the snapshot that it is being read from.
    if (options[ShutdownOption.NOSAVE] !== 0 || loading()) saves = false;
    const force = options[ShutdownOption.FORCE] !== 0;
    const start = (resume: (reply: Reply) => void) => {
      lifecycle
        .shutdown({ save: saves, force })
        .catch((error) => resume((out) => out.error(saveFailed(error))));
    };
    // On success the connection is closed with the server, and nothing is answered.
    return new Parked(start, undefined, true);
  };
}

function configGet({ configuration }: ServerContext): Handler {
  return (request, _session, out) => {
    const words = Array.from({ length: request.size }, (_, i) => request.text(request.at + i));
    const patterns = words.map((word) => encoder.encode(word.toLowerCase()));
    // A name that is asked for is told as it was written, as Redis does.
    const spelling = new Map(words.map((word) => [word.toLowerCase(), word]));
    const found = [...configuration.parameters()].filter(([name]) => {
      const bytes = encoder.encode(name);
      return patterns.some((pattern) => matchesGlob(pattern, bytes));
    });
    out.map(found.length);
    for (const [name, value] of found) {
      out.text(spelling.get(name) ?? name);
      out.text(value);
    }
  };
}

function configSet({ configuration }: ServerContext): Handler {
  return (request, _session, out) => {
    const pairs: [string, string][] = [];
    for (let i = 0; i < request.size; i += 2)
      pairs.push([request.text(request.at + i).toLowerCase(), request.text(request.at + i + 1)]);
    const refusal = configuration.change(pairs);
    if (refusal === undefined) out.status('OK');
    else out.error(errorReply(refusal));
  };
}

function configRewrite({ configuration }: ServerContext): Handler {
  return (_request, _session, out) => {
    const refusal = configuration.rewrite();
    if (refusal === undefined) out.status('OK');
    else out.error(errorReply(refusal));
  };
}

const NO_DATABASE = errorReply('DB index is out of range');

function swapdb({ keyspaces, sessions }: ServerContext): Handler {
  return (request, _session, out) => {
    const one = Number(request.integer(request.at));
    const other = Number(request.integer(request.at + 1));
    const isThere = (index: number): boolean => index >= 0 && index < keyspaces.count;
    if (!isThere(one) || !isThere(other)) return out.error(NO_DATABASE);
    if (one !== other) keyspaces.swap(one, other);
    for (const session of sessions) session.keyspace = keyspaces.at(session.database);
    out.status('OK');
  };
}

function flush(
  { snapshots }: ServerContext,
  emptied: (session: Session) => readonly Keyspace[],
): Handler {
  return (request, session, out) => {
    if (request.size > 1) return out.error(Errors.syntax);
    for (const keyspace of emptied(session)) keyspace.clear();
    snapshots.flushed();
    out.status('OK');
  };
}

/** Handlers of `protocol/src/commands/server.ts`, row by row. */
export function serverCommands(context: ServerContext): Handlers<'server'> {
  return {
    FLUSH: (_request, { keyspace }, out) => {
      const removed = keyspace.clear();
      context.snapshots.flushed();
      out.integer(removed);
    },
    FLUSHDB: flush(context, ({ keyspace }) => [keyspace]),
    FLUSHALL: flush(context, () => [...context.keyspaces.used()].map(([, keyspace]) => keyspace)),
    SWAPDB: swapdb(context),
    SAVE: save(context),
    BGSAVE: bgsave(context),
    BGREWRITEAOF: bgrewriteaof(context),
    WAITAOF: waitaof(context),
    LASTSAVE: (_request, _session, out) => out.integer(context.snapshots.lastSaveAt),
    DBSIZE: (_request, { keyspace }, out) => out.integer(keyspace.size),
    INFO: (request, _session, out) => {
      const sections = Array.from({ length: request.size }, (_, i) => request.text(request.at + i));
      out.verbatim(info(context, sections));
    },
    ...standaloneCommands(context),
    ...memoryCommands(context),
    ...diagnosticsCommands(context),
    ...debugCommands(context),
    SHUTDOWN: shutdown(context),
    'CONFIG GET': configGet(context),
    'CONFIG SET': configSet(context),
    'CONFIG RESETSTAT': (_request, _session, out) => {
      context.statistics.reset();
      context.timer.reset();
      out.status('OK');
    },
    'CONFIG REWRITE': configRewrite(context),
    COMMAND: (request, session, out) => commandInfo(request, session, out),
    'COMMAND COUNT': commandCount,
    'COMMAND LIST': commandList,
    'COMMAND INFO': commandInfo,
    'COMMAND DOCS': commandDocs,
    'COMMAND GETKEYS': commandGetKeys,
    'COMMAND HELP': commandHelp('COMMAND'),
    'CONFIG HELP': commandHelp('CONFIG'),
  };
}
