import { connect, type KvClient } from '@kv/client';
import { afterAll, beforeEach } from 'vitest';
import { type Kvd, type StartOptions, startKvd } from '../src/index.ts';
import { MovableClock } from './movable-clock.ts';

/** What the tests of a file share: a server whose time they move, and a client of it. */
export interface KvdWithClient {
  readonly clock: MovableClock;
  readonly kvd: Kvd;
  readonly client: KvClient;
}

/** To be awaited at the top of a file of tests: each begins with an empty server. */
export async function kvdWithClient(options: StartOptions = {}): Promise<KvdWithClient> {
  const clock = new MovableClock();
  const kvd = await startKvd({ ...options, clock });
  const client = await connect(kvd.url);
  beforeEach(() => client.flushall());
  afterAll(async () => {
    await client.close();
    await kvd.close();
  });
  return { clock, kvd, client };
}
