import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeServer, integer, text } from '../test/fake-server.ts';
import { ManualTimers } from '../test/manual-timers.ts';
import { rejection } from '../test/outcome.ts';
import { connect } from './connect.ts';
import type { KvClient } from './kv-client.ts';

let server: FakeServer;
let client: KvClient;
const timers = new ManualTimers();

beforeEach(async () => {
  server = await FakeServer.listen();
  client = await connect({ url: server.url, timers, queueMax: 3, queueBytesMax: 1000 });
});
afterEach(async () => {
  await client.close({ drainMs: 0 });
  await server.close();
});

describe('the queue', () => {
  test('refuses a call beyond queueMax with QUEUE_FULL, and takes others when replies have come', async () => {
    const calls = [client.echo('1'), client.echo('2'), client.echo('3')];
    expect(await rejection(client.echo('4'))).toMatchObject({ code: 'QUEUE_FULL', sent: false });
    await server.received(3);
    server.last.send(text('1'));
    expect(await calls[0]).toBe('1');
    const fourth = client.echo('4');
    await server.received(4);
    server.last.send(text('2'), text('3'), text('4'));
    expect(await fourth).toBe('4');
    await Promise.all(calls);
  });

  test('counts calls that were given up until their replies have come', async () => {
    const calls = [client.get('a'), client.get('b'), client.get('c')].map(rejection);
    await server.received(3);
    timers.advance(2000);
    await Promise.all(calls);
    expect(client.pending).toBe(0);
    expect(await rejection(client.get('d'))).toMatchObject({ code: 'QUEUE_FULL' });
    server.script = () => integer(1);
    server.last.send(integer(1), integer(1), integer(1));
    // The replies are dropped in silence: ask until they have arrived.
    let outcome: unknown;
    do
      outcome = await client.incr('d').catch(() => new Promise((resolve) => setImmediate(resolve)));
    while (outcome !== 1);
  });

  test('refuses a call when too many bytes wait, though one may have more', async () => {
    const large = client.set('k', new Uint8Array(5000));
    expect(await rejection(client.ping())).toMatchObject({ code: 'QUEUE_FULL' });
    await server.received(1);
    server.last.send(integer(1));
    expect(await large).toBe(1);
    server.script = () => text('PONG');
    expect(await client.ping()).toBe('PONG');
  });

  test('has room again when waiting calls are given up', async () => {
    const controller = new AbortController();
    const call = client.set('k', new Uint8Array(5000), { signal: controller.signal });
    controller.abort();
    await rejection(call);
    server.script = () => text('PONG');
    expect(await client.ping()).toBe('PONG');
  });
});
