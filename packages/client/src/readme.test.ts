import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { absent, FakeServer, integer, key, list, text, value } from '../test/fake-server.ts';

let server: FakeServer;
const stored = new Map<unknown, unknown>();

beforeEach(async () => {
  stored.clear();
  const read = (name: unknown) => (stored.has(name) ? value(stored.get(name)) : absent);
  server = await FakeServer.listen(({ name, args }) => {
    if (name === 'EXEC') return list(integer(1), integer(1));
    if (name === 'GET') return read(args[0]);
    if (name === 'MGET') return list(...args.map(read));
    if (name === 'SCAN') return list(text('0'), list(key('session:7')));
    if (name !== 'INCR') stored.set(args[0], args[1]);
    else stored.set(args[0], Number(stored.get(args[0]) ?? 0) + 1);
    return integer(Number(name === 'INCR' ? stored.get(args[0]) : 1));
  });
});
afterEach(() => server.close());

/** The code of the README behind a heading, against the fake server. */
async function blockAfter(heading: string): Promise<string> {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  const code = readme.slice(readme.indexOf(heading)).match(/```ts\n([\s\S]*?)```/)?.[1] as string;
  const index = new URL('./index.ts', import.meta.url).href;
  return code
    .replaceAll("'@kv/client'", `'${index}'`)
    .replace('kv://127.0.0.1:31337', server.url)
    .replace('connect({', `connect({ url: '${server.url}',`);
}

async function run(program: string): Promise<string> {
  const child = spawn(process.execPath, [
    '--conditions=kv-source',
    '--input-type=module-typescript',
    '--eval',
    program,
  ]);
  const outputs = Promise.all([textOf(child.stdout), textOf(child.stderr)]);
  await once(child, 'close');
  const [output, errors] = await outputs;
  expect(errors).toBe('');
  return output.trim();
}

test('the first lines of the README do what they say', async () => {
  expect(await run(await blockAfter('# @kv/client'))).toBe('Alice 0\n1 1 [ 1, undefined ]');
});

test('the durable calls of the README do what they say', async () => {
  const first = (await blockAfter('# @kv/client')).split('\n').slice(0, 4).join('\n');
  expect(await run(`${first}\n${await blockAfter('## Durable calls')}`)).toBe('1 1');
  expect(server.last.requests.filter(({ durable }) => durable)).toHaveLength(5);
});

test('the views of the README do what they say', async () => {
  const first = (await blockAfter('# @kv/client')).split('\n').slice(0, 4).join('\n');
  expect(await run(`${first}\n${await blockAfter('## Views')}`)).toBe('7');
  expect(server.last.lines[0]).toBe('SET session:7 [object Object] PX 3600000');
});
