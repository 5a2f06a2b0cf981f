// What happens around a handler: it is counted, timed, watched, and its events are told. Small
// commands have a shorter way, on which each of these costs next to nothing.
import { COMPILED, compiledNamed, type ReplyWriter, type RequestBatch } from '@kv/protocol';
import type { Handler, ServerContext } from './handler.ts';
import type { Parked } from './parked.ts';
import type { Session } from './session.ts';

const EXEC = compiledNamed('EXEC')?.id;

/** By command number: MONITOR does not show it. */
const IS_HIDDEN = Uint8Array.from(COMPILED, (command) =>
  command?.row.flags.some((flag) => flag === 'admin') ? 1 : 0,
);

/** Runs the handlers of commands that the gate has let through. */
export class CommandRunner {
  private readonly context: ServerContext;
  /** By command number. */
  private readonly handlers: readonly (Handler | undefined)[];

  constructor(context: ServerContext, handlers: Readonly<Record<string, Handler>>) {
    this.context = context;
    const byName = new Map(Object.entries(handlers));
    this.handlers = COMPILED.map((compiled) => compiled && byName.get(compiled.row.name));
    const without = COMPILED.find((compiled) => compiled && !byName.has(compiled.row.name));
    if (without !== undefined) throw new Error(`${without.row.name} has no handler`);
  }

  /** Executes a request that has been let through. */
  execute(
    id: number,
    request: RequestBatch,
    row: number,
    session: Session,
    out: ReplyWriter,
  ): Parked | undefined {
    return this.isQuick(id, request.size)
      ? this.run(id, request, session, out)
      : this.observe(id, request, row, session, out);
  }

  /** Whether {@link run} is enough for a command with so many arguments, as things are. */
  isQuick(id: number, size: number): boolean {
    const { timer, keyspaceEvents, monitors } = this.context;
    return timer.skips(id, size) && !keyspaceEvents.active && !monitors.active;
  }

  /** Runs a handler, and counts that. */
  private run(
    id: number,
    request: RequestBatch,
    session: Session,
    out: ReplyWriter,
  ): Parked | undefined {
    const { calls } = this.context.statistics;
    calls[id] = (calls[id] as number) + 1;
    session.lastCommand = id;
    const { errors } = out;
    const parked = (this.handlers[id] as Handler)(request, session, out) as Parked | undefined;
    if (out.errors !== errors) this.failed(id);
    return parked;
  }

  /** The same, timed and watched by whoever wants to. */
  private observe(
    id: number,
    request: RequestBatch,
    row: number,
    session: Session,
    out: ReplyWriter,
  ): Parked | undefined {
    const { timer, monitors, clock } = this.context;
    const beganAt = timer.now();
    const parked = this.tell(id, request, session, out);
    const ms = timer.now() - beganAt;
    if (parked?.isSliced) parked.worked = timer.later(id, ms, request, row, session);
    else timer.took(id, ms, request, row, session);
    if (monitors.active && IS_HIDDEN[id] === 0)
      monitors.show(id, request, row, session, clock.now());
    return parked;
  }

  /** Runs a handler between the begin and the end of its keyspace events. */
  private tell(
    id: number,
    request: RequestBatch,
    session: Session,
    out: ReplyWriter,
  ): Parked | undefined {
    const { keyspaceEvents } = this.context;
    if (!keyspaceEvents.active || id === EXEC) return this.run(id, request, session, out);
    const { errors } = out;
    keyspaceEvents.begin(id, request, session);
    try {
      return this.run(id, request, session, out);
    } finally {
      keyspaceEvents.end(out.errors !== errors);
    }
  }

  /** What failed in a transaction has been counted by itself. */
  private failed(id: number): void {
    if (id === EXEC) return;
    const { failed } = this.context.statistics;
    failed[id] = (failed[id] as number) + 1;
  }
}
