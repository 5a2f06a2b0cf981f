// The servers of a comparison, each in a process of its own.
import { RESP } from '../dialects.ts';
import { startKvdProcess } from '../kvd-process.ts';
import { startRedisServer } from '../redis-server.ts';
import type { RunningServer } from '../running-server.ts';
import { pin, SERVER_PROCESSOR } from './cpu-time.ts';

/** Servers that are compared; the first is what others are relative to, the second is kvd. */
export interface Contenders extends AsyncDisposable {
  readonly servers: readonly RunningServer[];
}

/**
 * Starts redis-server, if it is there, kvd, and other programs that take redis-server's options.
 *
 * @param peers - paths of those programs
 */
export async function startContenders(peers: readonly string[]): Promise<Contenders> {
  await using started = new AsyncDisposableStack();
  const servers: RunningServer[] = [];
  const add = (server: RunningServer | undefined): void => {
    if (server === undefined) return;
    started.use(server);
    pin(server.pid, SERVER_PROCESSOR);
    servers.push(server);
  };
  add(await startRedisServer());
  add({ ...(await startKvdProcess()), dialect: RESP });
  for (const path of peers) add(await startRedisServer([], path));
  const all = started.move();
  return { servers, [Symbol.asyncDispose]: () => all.disposeAsync() };
}
