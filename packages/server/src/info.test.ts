import { expect, test } from 'vitest';
import { startServer } from '../test/harness.ts';

const linesOf = (text: unknown): string[] => String(text).split('\r\n');

test('INFO answers the usual sections, the ones named, or nothing for an unknown one', async () => {
  await using server = await startServer();
  const client = await server.greeted();
  await client.call('SET', 'a', 1);
  const titles = (text: unknown) => linesOf(text).filter((line) => line.startsWith('# '));
  const all = await client.call('INFO');
  expect(titles(all)).toEqual(
    [
      ...['Server', 'Clients', 'Memory', 'Persistence', 'Stats'],
      ...['Replication', 'CPU', 'Modules', 'Cluster', 'Keyspace'],
    ].map((title) => `# ${title}`),
  );
  expect(linesOf(all)).toContain('db0:keys=1,expires=0');
  expect(titles(await client.call('INFO', 'default'))).toEqual(titles(all));
  // What takes long to read is shown on request.
  const everything = titles(await client.call('INFO', 'everything'));
  const onRequest = ['# Commandstats', '# Latencystats'];
  expect(everything.filter((title) => !onRequest.includes(title))).toEqual(titles(all));
  expect(everything).toEqual(expect.arrayContaining(onRequest));
  expect(titles(await client.call('INFO', 'STATS', 'clients'))).toEqual(['# Clients', '# Stats']);
  expect(await client.call('INFO', '__proto__')).toBe('');
});

test('INFO counts commands of the last second, subscriptions and who waits', async () => {
  await using server = await startServer();
  const [client, waiting] = [await server.greeted(), await server.greeted()];
  await waiting.call('SUBSCRIBE', 'a', 'b');
  await client.call('SET', 'a', 1);
  server.timers.advance(1000);
  for (let i = 0; i < 5; i++) await client.call('GET', 'a');
  server.timers.advance(1000);
  waiting.send(['WAITAOF', 0, 1, 0]);
  await client.call('PING');
  const facts = linesOf(await client.call('INFO'));
  expect(facts).toEqual(
    expect.arrayContaining([
      'instantaneous_ops_per_sec:5',
      'pubsub_channels:2',
      'pubsub_patterns:0',
      'blocked_clients:1',
      `tcp_port:${server.server.port}`,
    ]),
  );
});

test('a fact of several lines stays on one', async () => {
  await using server = await startServer();
  Object.assign(server.snapshots, { lastSaveError: 'first\r\nredis_version:666' });
  const client = await server.greeted();
  expect(linesOf(await client.call('INFO', 'persistence'))).toContain(
    'rdb_last_bgsave_error:first  redis_version:666',
  );
});
