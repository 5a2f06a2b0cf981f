import { expect, test } from 'vitest';
import { startServer, type TestServer } from '../test/harness.ts';

/** A server on which each look at the clock takes so many milliseconds, from when one says so. */
async function slowServer(
  password?: string,
): Promise<{ server: TestServer; step: { ms: number; onLook?: () => void } }> {
  const step: { ms: number; onLook?: () => void } = { ms: 0 };
  let time = 0;
  const monotonic = () => {
    time += step.ms;
    step.onLook?.();
    return time;
  };
  return { server: await startServer({ monotonic, password }), step };
}

test('a slow command is in the slow log with its words, and without its secrets', async () => {
  const { server, step } = await slowServer('password');
  await using _ = server;
  const client = await server.connect();
  step.ms = 20;
  await client.call('HELLO', 1, 'SETNAME', 'me', 'auth', 'default', 'password');
  await client.call('MSET', 'a', { typed: true }, 'b', 7n);
  await client.call('AUTH', 'password');
  await client.call('CONFIG SET', 'requirepass', 'secret');
  step.ms = 0;
  const entries = (await client.call('SLOWLOG GET', 10)) as unknown[][];
  expect(entries.map(([, , us, words]) => [us, words])).toEqual([
    [20_000, ['CONFIG', 'SET', 'requirepass', '(redacted)']],
    [20_000, ['AUTH', '(redacted)']],
    [20_000, ['MSET', 'a', '{"typed":true}', 'b', '7']],
    [20_000, ['HELLO', '1', 'SETNAME', 'me', 'auth', '(redacted)', '(redacted)']],
  ]);
  expect(entries.map(([id, at, , , address, name]) => [id, at, address, name])).toContainEqual([
    0,
    server.clock.time / 1000,
    expect.stringMatching(/^127\.0\.0\.1:\d+$/),
    'me',
  ]);
  expect(await client.call('SLOWLOG LEN')).toBe(4);
  expect(await client.call('SLOWLOG RESET')).toBe('OK');
  expect(await client.call('SLOWLOG GET', -1)).toEqual([]);
  expect(await client.call('SLOWLOG GET', -2)).toMatchObject({ code: 'ERR' });
});

test('many and long words are cut short, and only so many entries are kept', async () => {
  const { server, step } = await slowServer();
  await using _ = server;
  const client = await server.greeted();
  step.ms = 20;
  step.onLook = () => {
    server.clock.time += step.ms;
  };
  await client.call('MSET', ...Array.from({ length: 80 }, (_, i) => `k${i}`));
  await client.call('MSET', 'k', 'x'.repeat(300));
  step.ms = 0;
  const [long, many] = (await client.call('SLOWLOG GET')) as [
    unknown,
    unknown,
    unknown,
    string[],
  ][];
  expect(long?.[3]).toEqual(['MSET', 'k', `${'x'.repeat(128)}... (172 more bytes)`]);
  expect(many?.[3]).toHaveLength(32);
  expect(many?.[3].at(-1)).toBe('... (50 more arguments)');
  server.server.diagnostics = { ...quiet, slowLogMax: 1 };
  expect(await client.call('SLOWLOG LEN')).toBe(1);
});

const quiet = {
  slowerThanUs: 10_000,
  slowLogMax: 128,
  latencyMs: 0,
  tracking: true,
  percentiles: [50],
};

test('a batch of small commands that takes long is kept by the first of them', async () => {
  const { server, step } = await slowServer();
  await using _ = server;
  const client = await server.greeted();
  for (let i = 0; i < 3; i++) await client.call('SET', 'k', 'v');
  step.ms = 20;
  step.onLook = () => {
    server.clock.time += step.ms;
  };
  client.send(['SET', 'first', 'v'], ['SET', 'second', 'v'], ['INCR', 'n']);
  await client.next(3);
  step.ms = 0;
  const entries = (await client.call('SLOWLOG GET')) as [unknown, unknown, unknown, string[]][];
  // INCR is called for the first time, so it is timed by itself.
  expect(entries.map(([, , , words]) => words)).toEqual([
    ['SET', 'first', 'v', '... (or one of 1 behind it)'],
    ['INCR', 'n'],
  ]);
});

test('of a batch with many rows those that were timed by themselves are left out, and no others', async () => {
  const { server, step } = await slowServer();
  await using _ = server;
  const client = await server.greeted();
  for (let i = 0; i < 3; i++) await client.call('SET', 'k', 'v');
  step.ms = 20;
  step.onLook = () => {
    server.clock.time += step.ms;
  };
  const sets = Array.from({ length: 40 }, (_, i) => ['SET', `k${i}`, 'v'] as const);
  client.send(...sets, ['DECR', 'n']);
  await client.next(41);
  step.ms = 0;
  const entries = (await client.call('SLOWLOG GET')) as [unknown, unknown, unknown, string[]][];
  expect(entries.map(([, , , words]) => words)).toEqual([
    ['SET', 'k0', 'v', '... (or one of 39 behind it)'],
    ['DECR', 'n'],
  ]);
});

test('neither a clock that is set nor a pause between batches makes one slow', async () => {
  const { server, step } = await slowServer();
  await using _ = server;
  const client = await server.greeted();
  for (let i = 0; i < 3; i++) await client.call('SET', 'k', 'v');
  // The batch has been idle for long, and takes no time by the wall clock.
  step.ms = 1000;
  await client.call('SET', 'k', 'v');
  // The wall clock is set while a batch is executed that begins as soon as the one before ends.
  step.ms = 0;
  step.onLook = () => {
    server.clock.time += 3_600_000;
  };
  await client.call('SET', 'k', 'v');
  expect(await client.call('SLOWLOG LEN')).toBe(0);
});

test('a limit below that of batches is kept to by each command, and none by a negative one', async () => {
  const { server, step } = await slowServer();
  await using _ = server;
  const client = await server.greeted();
  for (let i = 0; i < 3; i++) await client.call('SET', 'k', 'v');
  server.server.diagnostics = { ...quiet, slowerThanUs: 1000 };
  step.ms = 2;
  client.send(['SET', 'first', 'v'], ['SET', 'second', 'v']);
  await client.next(2);
  server.server.diagnostics = { ...quiet, slowerThanUs: -1 };
  step.ms = 50;
  await client.call('MSET', 'k', 'v');
  step.ms = 0;
  const entries = (await client.call('SLOWLOG GET')) as [unknown, unknown, unknown, string[]][];
  expect(entries.map(([, , , words]) => words?.[1])).toEqual(['second', 'first']);
});

test('the commands of a transaction are timed by themselves, and EXEC is not in the slow log', async () => {
  const { server, step } = await slowServer();
  await using _ = server;
  const client = await server.greeted();
  for (let i = 0; i < 3; i++) await client.call('SET', 'k', 'v');
  await client.call('MULTI');
  await client.call('SET', 'within', 'v');
  step.ms = 20;
  await client.call('EXEC');
  step.ms = 0;
  const entries = (await client.call('SLOWLOG GET')) as [unknown, unknown, unknown, string[]][];
  expect(entries.map(([, , , words]) => words)).toEqual([['SET', 'within', 'v']]);
});

test('LATENCY keeps what took long by its kind, and tells it in every form', async () => {
  const { server, step } = await slowServer();
  await using _ = server;
  const client = await server.greeted();
  expect(await client.call('LATENCY DOCTOR')).toContain('latency-monitor-threshold is 0');
  server.server.diagnostics = { ...quiet, latencyMs: 5 };
  expect(await client.call('LATENCY LATEST')).toEqual([]);
  const at = server.clock.time / 1000;
  step.ms = 20;
  await client.call('MSET', 'k', 'v');
  server.clock.time += 1000;
  step.ms = 50;
  await client.call('MSET', 'k', 'v');
  await client.call('PING');
  step.ms = 0;
  expect(await client.call('LATENCY LATEST')).toEqual([
    ['command', at + 1, 50, 50],
    ['fast-command', at + 1, 50, 50],
  ]);
  expect(await client.call('LATENCY HISTORY', 'command')).toEqual([
    [at, 20],
    [at + 1, 50],
  ]);
  expect(await client.call('LATENCY HISTORY', '__proto__')).toEqual([]);
  expect(await client.call('LATENCY GRAPH', 'command')).toBe(
    [
      'command - high 50 ms, low 20 ms (all time high 50 ms)',
      '-'.repeat(80),
      ' #',
      ' |',
      ' |',
      '_|',
      '',
      '10',
      'ss',
      '',
    ].join('\n'),
  );
  expect(await client.call('LATENCY GRAPH', 'nothing')).toMatchObject({ code: 'ERR' });
  const report = await client.call('LATENCY DOCTOR');
  expect(report).toContain('1. command: 2 latency spikes (average 35ms, mean deviation 15ms,');
  expect(report).toContain('slowlog-log-slower-than 5000');
  expect(await client.call('LATENCY RESET', 'command', 'nothing')).toBe(1);
  expect(await client.call('LATENCY RESET')).toBe(1);
});

test('INFO and LATENCY HISTOGRAM tell how often commands were called and how long they took', async () => {
  const { server, step } = await slowServer();
  await using _ = server;
  const client = await server.greeted();
  step.ms = 3;
  for (let i = 0; i < 10; i++) await client.call('GET', 'k');
  await client.call('INCR', 'n');
  await client.call('SET', 'n', 'text');
  await client.call('INCR', 'n');
  await client.call('INCRBY', 'n', 'no number');
  step.ms = 0;
  const info = String(await client.call('INFO', 'commandstats', 'latencystats'));
  // The first call is timed, and stands for the others.
  expect(info).toContain(
    'cmdstat_get:calls=10,usec=30000,usec_per_call=3000.00,rejected_calls=0,failed_calls=0',
  );
  expect(info).toMatch(/cmdstat_incr:calls=2,.*,rejected_calls=0,failed_calls=1/);
  expect(info).toContain('cmdstat_incrby:calls=0,usec=0,usec_per_call=0.00,rejected_calls=1');
  expect(info).toMatch(/latency_percentiles_usec_get:p50=3014\.655/);
  expect(await client.call('LATENCY HISTOGRAM', 'GET', 'nothing', '__proto__')).toEqual({
    get: { calls: 1, histogram_usec: { 4194: 1 } },
  });
  await client.call('CONFIG RESETSTAT');
  expect(await client.call('LATENCY HISTOGRAM', 'GET')).toEqual({});
});
