import { Errors, errorReply, type ReplyWriter, type RequestBatch } from '@kv/protocol';
import type { Handler, Handlers, ServerContext } from '../handler.ts';
import type { Session } from '../session.ts';
import { Transaction } from '../transaction.ts';

const NESTED = errorReply('MULTI calls can not be nested');
const EXEC_ALONE = errorReply('EXEC without MULTI');
const DISCARD_ALONE = errorReply('DISCARD without MULTI');
const WATCH_WITHIN = errorReply('WATCH inside MULTI is not allowed');

/** Executes a row of a batch; its reply is in `out` afterwards. */
export type Execute = (
  request: RequestBatch,
  row: number,
  session: Session,
  out: ReplyWriter,
) => unknown;

const multi: Handler = (_request, session, out) => {
  if (session.transaction !== undefined) return out.error(NESTED);
  session.leaveTransaction();
  session.transaction = new Transaction();
  out.status('OK');
};

function exec({ watchedKeys }: ServerContext, execute: Execute): Handler {
  return (_request, session, out) => {
    const { transaction } = session;
    if (transaction === undefined) return out.error(EXEC_ALONE);
    const isUnchanged = watchedKeys.areUnchanged(session);
    session.leaveTransaction();
    watchedKeys.forget(session);
    if (transaction.failed) return out.error(Errors.execAborted);
    if (!isUnchanged) return out.absentArray();
    const batch = transaction.batch();
    session.keyspace.prefetch(batch);
    out.array(batch.rows);
    session.executing = true;
    try {
      for (let row = 0; row < batch.rows; row++) execute(batch, row, session, out);
    } finally {
      session.executing = false;
    }
  };
}

function discard({ watchedKeys }: ServerContext): Handler {
  return (_request, session, out) => {
    if (session.transaction === undefined) return out.error(DISCARD_ALONE);
    session.leaveTransaction();
    watchedKeys.forget(session);
    out.status('OK');
  };
}

function watch({ watchedKeys }: ServerContext): Handler {
  return (request, session, out) => {
    if (session.transaction !== undefined) return out.error(WATCH_WITHIN);
    for (let i = 0; i < request.size; i++)
      watchedKeys.watch(session, request.range(request.at + i));
    out.status('OK');
  };
}

/** Handlers of `protocol/src/commands/transactions.ts`, row by row. */
export function transactionCommands(
  context: ServerContext,
  execute: Execute,
): Handlers<'transactions'> {
  return {
    MULTI: multi,
    EXEC: exec(context, execute),
    DISCARD: discard(context),
    WATCH: watch(context),
    UNWATCH: (_request, session, out) => {
      context.watchedKeys.forget(session);
      out.status('OK');
    },
  };
}
