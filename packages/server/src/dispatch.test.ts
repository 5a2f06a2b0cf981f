import { expect, test } from 'vitest';
import { startServer } from '../test/harness.ts';

test('the gate asks for the handshake, then the command, the sign-in, the data, the arguments', async () => {
  await using server = await startServer({ password: 'secret' });
  server.loading = true;
  const stranger = await server.connect();
  expect(await stranger.call('HELLO', 1)).toMatchObject({ code: 'NOAUTH' });
  expect(await stranger.call('HELLO', 1, 'AUTH', 'nobody')).toMatchObject({ code: 'ERR' });
  expect(await stranger.call('NOSUCH')).toMatchObject({ code: 'NOPROTO' });
  await stranger.ended;

  const client = await server.connect();
  expect(await client.call('HELLO', 1, 'AUTH', 'default', 'secret')).toMatchObject({ proto: 1 });
  expect(await client.call('NOSUCH')).toMatchObject({ code: 'ERR' });
  expect(await client.call('GET')).toMatchObject({ code: 'LOADING' });
  expect(await client.call('PING')).toBe('PONG');
  server.loading = false;
  expect(await client.call('GET')).toMatchObject({ code: 'ERR' });
  expect(await client.call('GET', 'k')).toBeUndefined();
});

test('an unknown command is quoted on one line, shortened, and names are looked up in no object', async () => {
  await using server = await startServer();
  const client = await server.greeted();
  const { message } = (await client.call('\u001b[2J\r\nBAD', 'x'.repeat(5000), { a: 1 }, 7)) as {
    message: string;
  };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there
  expect(message).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
  expect(message.length).toBeLessThan(500);
  for (const name of [
    '__proto__',
    'constructor',
    'toString',
    'CLIENT __proto__',
    'CONFIG constructor',
  ])
    expect(await client.call(name)).toMatchObject({ code: 'ERR' });
  expect(await client.call('CLIENT')).toMatchObject({ code: 'ERR' });
  expect(await client.call('command', 'count')).toBeTypeOf('number');
});
