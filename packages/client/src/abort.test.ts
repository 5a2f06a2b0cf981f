import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeServer, text } from '../test/fake-server.ts';
import { nextTurn, rejection } from '../test/outcome.ts';
import { connect } from './connect.ts';
import type { KvClient } from './kv-client.ts';

let server: FakeServer;
let client: KvClient;

beforeEach(async () => {
  server = await FakeServer.listen();
  client = await connect(server.url);
});
afterEach(async () => {
  await client.close({ drainMs: 0 });
  await server.close();
});

const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

describe('a signal', () => {
  test('that is aborted already keeps the call from being made', async () => {
    const signal = AbortSignal.abort('enough');
    const call = client.get('k', { signal });
    expect(await rejection(call)).toMatchObject({ code: 'ABORTED', sent: false, cause: 'enough' });
    expect(client.pending).toBe(0);
  });

  test('takes a request back that was not sent: the server never sees it', async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const first = client.echo('first');
    const calls = [client.echo('a', { signal }), client.echo('longer', { signal })];
    const last = client.echo('last');
    controller.abort('no');
    for (const call of calls)
      expect(await rejection(call)).toMatchObject({ code: 'ABORTED', sent: false, cause: 'no' });
    const { lines } = await server.received(2);
    expect(lines).toEqual(['ECHO first', 'ECHO last']);
    server.last.send(text('first'), text('last'));
    expect(await Promise.all([first, last])).toEqual(['first', 'last']);
    expect(listeners(signal)).toBe(0);
  });

  test('rejects a call that was sent at once, and the next still gets its own reply', async () => {
    const controller = new AbortController();
    const given = client.echo('given up', { signal: controller.signal });
    await server.received(1);
    controller.abort();
    expect(await rejection(given)).toMatchObject({ code: 'ABORTED', sent: true });
    const next = client.echo('next');
    await server.received(2);
    server.last.send(text('given up'), text('next'));
    expect(await next).toBe('next');
  });

  test('that is aborted after the reply changes nothing, and nobody listens to it any more', async () => {
    server.script = ({ args }) => text(String(args[0]));
    const controller = new AbortController();
    const { signal } = controller;
    const calls = Array.from({ length: 5 }, (_, i) => client.echo(String(i), { signal }));
    expect(listeners(signal)).toBe(5);
    await Promise.all(calls);
    expect(listeners(signal)).toBe(0);
    controller.abort();
    expect(await client.echo('on')).toBe('on');
  });

  test('is let go of when the call ends otherwise: by its time, by an error, by the end', async () => {
    const { signal } = new AbortController();
    const timedOut = client.get('k', { signal, timeoutMs: 1 });
    await rejection(timedOut);
    const unencodable = client.set('k', () => 1, { signal });
    await rejection(unencodable);
    const open = client.get('k', { signal });
    await client.close({ drainMs: 0 });
    expect(await rejection(open)).toMatchObject({ code: 'CLOSED' });
    expect(listeners(signal)).toBe(0);
  });

  test('that a value aborts while it is being encoded counts', async () => {
    const controller = new AbortController();
    const value = {
      get trap() {
        controller.abort();
        return 1;
      },
    };
    const call = client.set('k', value, { signal: controller.signal });
    expect(await rejection(call)).toMatchObject({ code: 'ABORTED', sent: false });
    const ping = client.ping();
    server.script = () => undefined;
    const { lines } = await server.received(1);
    expect(lines).toEqual(['PING']);
    server.last.send(text('PONG'));
    expect(await ping).toBe('PONG');
    expect(listeners(controller.signal)).toBe(0);
  });

  test('may end thousands of waiting calls without their bytes being kept', async () => {
    await server.close();
    while (client.state !== 'reconnecting') await nextTurn();
    const value = new Uint8Array(1024 * 1024);
    // More in all than may wait at once.
    for (let i = 0; i < 600; i++) {
      const controller = new AbortController();
      const call = client.set('k', value, { signal: controller.signal });
      controller.abort();
      expect(await rejection(call)).toMatchObject({ code: 'ABORTED' });
    }
    expect(client.pending).toBe(0);
  });
});
