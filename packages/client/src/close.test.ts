import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeServer, integer, text } from '../test/fake-server.ts';
import { ManualTimers } from '../test/manual-timers.ts';
import { nextTurn, rejection } from '../test/outcome.ts';
import { connect } from './connect.ts';
import type { KvClient } from './kv-client.ts';

let server: FakeServer;
let client: KvClient;
let timers: ManualTimers;

beforeEach(async () => {
  server = await FakeServer.listen();
  timers = new ManualTimers();
  client = await connect({ url: server.url, timers, random: () => 1 });
});
afterEach(async () => {
  await client.close({ drainMs: 0 });
  await server.close();
  expect(timers.running).toBe(0);
});

describe('close', () => {
  test('waits for the replies of what was called, and takes no more calls', async () => {
    const call = client.incr('k');
    const closing = client.close();
    expect(client.state).toBe('closing');
    expect(await rejection(client.get('k'))).toMatchObject({ code: 'CLOSED', sent: false });
    await server.received(1);
    server.last.send(integer(7));
    expect(await call).toBe(7);
    await closing;
    expect(client.state).toBe('closed');
  });

  test('waits no longer than drainMs, and rejects the rest with CLOSED', async () => {
    const call = client.incr('k');
    const closing = client.close({ drainMs: 300 });
    await server.received(1);
    timers.advance(300);
    await closing;
    expect(await rejection(call)).toMatchObject({ code: 'CLOSED', sent: true });
  });

  test('with a drainMs of 0 waits for nothing', async () => {
    const call = client.incr('k');
    await client.close({ drainMs: 0 });
    expect(await rejection(call)).toMatchObject({ code: 'CLOSED' });
  });

  test('may be called again and again, at once and later', async () => {
    const call = client.incr('k');
    const closings = [client.close(), client.close(), client.with({}).close()];
    await server.received(1);
    server.last.send(integer(1));
    await Promise.all([...closings, call]);
    await client.close();
    expect(client.state).toBe('closed');
  });

  test('refuses a drainMs that no timer can have', async () => {
    expect(await rejection(client.close({ drainMs: Number.POSITIVE_INFINITY }))).toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    expect(client.state).toBe('ready');
  });

  test('while reconnecting still waits for a connection and its replies', async () => {
    server.last.drop();
    while (client.state === 'ready') await nextTurn();
    const call = client.incr('k');
    const closing = client.close();
    timers.advance(50);
    await server.received(1, () => server.connections[1] as typeof server.last);
    server.last.send(integer(1));
    expect(await call).toBe(1);
    await closing;
  });

  test('while reconnecting gives up the attempt that is under way', async () => {
    server.hello = () => undefined;
    server.last.drop();
    while (client.state === 'ready') await nextTurn();
    timers.advance(50);
    await server.until(() => server.connections[1]?.handshake.length === 1);
    const gone = once(server.last.socket, 'close');
    await client.close();
    await gone;
  });

  test('with nothing to wait for ends the pause before the next attempt', async () => {
    server.last.drop();
    while (client.state === 'ready') await nextTurn();
    expect(timers.running).toBe(1);
    await client.close();
    expect(timers.running).toBe(0);
  });

  test('happens at the end of a block with await using', async () => {
    let used: KvClient;
    {
      await using inner = await connect(server.url);
      used = inner;
      expect(used.state).toBe('ready');
    }
    expect(used.state).toBe('closed');
  });

  test('is what quit does: the client does not connect again', async () => {
    server.script = () => integer(1);
    const call = client.incr('k');
    expect(await client.quit()).toBe('OK');
    expect(await call).toBe(1);
    expect(client.state).toBe('closed');
    expect(server.last.lines).toEqual(['INCR k']);
    await client.close();
    client = await connect({ url: server.url, timers });
    expect(await client.execute('quit')).toBe('OK');
    expect(client.state).toBe('closed');
  });

  test.each([
    ['that was used', 'await client.ping();'],
    ['whose server answers nothing', 'client.get("k").catch(() => {});'],
    ['whose server does not read', 'client.set("k", new Uint8Array(3e7)).catch(() => {});'],
  ])('lets a process end %s', async (_name, use) => {
    server.script = ({ name }) => (name === 'PING' ? text('PONG') : undefined);
    const { hello } = server;
    server.hello = (request, connection) => {
      if (use.includes('3e7')) connection.socket.pause();
      return hello(request, connection);
    };
    const index = new URL('./index.ts', import.meta.url).href;
    const program = `
      import { connect } from ${JSON.stringify(index)};
      const client = await connect({ url: '${server.url}', timeoutMs: 60000 });
      ${use}
      await client.close({ drainMs: 50 });
      console.log('closed');
    `;
    const child = spawn(process.execPath, [
      '--conditions=kv-source',
      '--input-type=module',
      '--eval',
      program,
    ]);
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    const [code] = await once(child, 'close');
    expect(output.trim()).toBe('closed');
    expect(code).toBe(0);
  });
});
