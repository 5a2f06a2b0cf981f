// Requests whose replies wait until what they did is on disk, whatever the log's policy.
import type { RequestBatch } from '@kv/protocol';
import { logFailed, NO_LOG } from './disk-errors.ts';
import type { Client, Executor } from './executor.ts';
import type { ServerContext } from './handler.ts';

/** The durable requests of one connection. */
export class DurableRequests {
  private readonly context: ServerContext;
  private readonly executor: Executor;
  private readonly client: Client;
  /** The reply that is to come later waits for the disk then. */
  private parks = false;

  constructor(
    { context, executor }: { context: ServerContext; executor: Executor },
    client: Client,
  ) {
    this.context = context;
    this.executor = executor;
    this.client = client;
  }

  /** Executes the rows of a batch of them, or refuses them; answers how many are done. */
  run(batch: RequestBatch): number {
    const { context, executor, client } = this;
    const { appendLog } = context;
    const { trusted, refusal } = client.session;
    // A stranger is told what everybody who has not signed in is told, and while it loads nothing can change.
    if (!trusted || context.loading()) return executor.rows(batch, 0, batch.rows, client);
    if (refusal !== undefined) return executor.refuse(batch, client, refusal);
    if (!appendLog.enabled || appendLog.ending) return executor.refuse(batch, client, NO_LOG);
    if (appendLog.failure !== undefined)
      return executor.refuse(batch, client, logFailed(appendLog.failure));
    return this.durably(() => executor.rows(batch, 0, batch.rows, client));
  }

  /** Writes the reply that has come late, if there is one; it waits for the disk if its request asked for that. */
  writeLate(): void {
    const { suspension, dialect } = this.client;
    if (this.parks) this.durably(() => suspension.writeLate(dialect.out));
    else suspension.writeLate(dialect.out);
  }

  /** What is written meanwhile waits for the disk, and what was written before does not. */
  private durably<T>(write: () => T): T {
    const { socket, suspension, dialect } = this.client;
    const { out } = dialect;
    out.flush();
    socket.durable = true;
    try {
      const result = write();
      out.flush();
      return result;
    } finally {
      this.parks = suspension.active;
      socket.durable = false;
    }
  }
}
