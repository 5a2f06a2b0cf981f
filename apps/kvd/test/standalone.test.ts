import { connect, type KvClient } from '@kv/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Kvd, startKvd } from '../src/index.ts';
import { MovableClock } from './movable-clock.ts';

const clock = new MovableClock(Date.UTC(2026, 0, 1) + 250);
let kvd: Kvd;
let client: KvClient;
beforeAll(async () => {
  kvd = await startKvd({ clock });
  client = await connect(kvd.url);
});
afterAll(async () => {
  await client.close();
  await kvd.close();
});

const refused = { code: 'REPLY', replyCode: 'ERR' };

it('TIME tells seconds and microseconds', async () => {
  expect(await client.time()).toStrictEqual([String(Date.UTC(2026, 0, 1) / 1000), '250000']);
});

it('there are no replicas, no cluster, one user, no functions and no modules', async () => {
  expect(await client.role()).toStrictEqual(['master', 0, []]);
  expect(await client.wait(0, 100)).toBe(0);
  expect(await client.wait(-1, 100)).toBe(0);
  await expect(client.wait(0, -1)).rejects.toMatchObject(refused);
  expect(await client.replicaof('no', 'one')).toBe('OK');
  await expect(client.slaveof('localhost', '6379')).rejects.toMatchObject(refused);
  await expect(client.cluster('INFO')).rejects.toMatchObject(refused);
  expect(await client.aclWhoami()).toBe('default');
  expect(await client.functionFlush({ async: true })).toBe('OK');
  expect(await client.functionList({ withcode: true })).toStrictEqual([]);
  expect(await client.moduleList()).toStrictEqual([]);
  expect(await client.lolwut({ version: 5 })).toMatch(/\nkvd ver\. \d+\.\d+\.\d+\n$/);
});

it('every HELP names the subcommands that there are', async () => {
  for (const help of [client.clientHelp(), client.configHelp(), client.memoryHelp()])
    expect((await help).length).toBeGreaterThan(2);
  expect(await client.aclHelp()).toContain('WHOAMI');
  expect(await client.functionHelp()).toContain('FLUSH [ASYNC | SYNC]');
  expect(await client.commandHelp()).toContain('COUNT');
  expect(await client.pubsubHelp()).toContain('NUMPAT');
  await expect(client.execute<unknown>('CLIENT NOSUCH')).rejects.toMatchObject({
    ...refused,
    message: expect.stringContaining("unknown subcommand 'NOSUCH'. Try CLIENT HELP."),
  });
});

it('INFO counts the calls of each command, when asked', async () => {
  await client.get('k');
  expect(await client.info('commandstats')).toMatch(
    /^# Commandstats\r\n(.*\r\n)*cmdstat_get:calls=1,usec=\d+,/,
  );
  expect(await client.info('all')).toContain('cmdstat_client|help');
  expect(await client.info()).not.toContain('cmdstat_');
});
