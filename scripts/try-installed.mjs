// Uses the installed packages; scripts/try-packed.mjs copies this file beside their
// node_modules and runs it there with their names. Prints a line of JSON for each check.
import { deepStrictEqual, match, ok, strictEqual } from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { deserialize, serialize } from 'node:v8';

const CHECK_MS_MAX = 20_000;
const KVD = join(import.meta.dirname, 'node_modules/.bin/kvd');

const temporary = await mkdtemp(join(tmpdir(), 'kv-installed-'));
/** Processes to end, whatever happens. */
const children = new Set();

async function check(name, act) {
  let timer;
  const tooLong = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end within ${CHECK_MS_MAX} ms`)), CHECK_MS_MAX);
  });
  const error = await Promise.race([act(), tooLong]).then(
    () => undefined,
    (reason) => String(reason?.stack ?? reason),
  );
  clearTimeout(timer);
  console.log(JSON.stringify({ name, error }));
}

async function manifestOf(name) {
  const path = join(import.meta.dirname, 'node_modules', name, 'package.json');
  return JSON.parse(await readFile(path, 'utf8'));
}

for (const name of process.argv.slice(2)) {
  const manifest = await manifestOf(name);
  for (const subpath of Object.keys(manifest.exports)) {
    if (subpath === './package.json') continue;
    const specifier = name + subpath.slice(1);
    await check(`import ${specifier}`, async () => {
      const found = await import(specifier);
      ok(Object.keys(found).length > 0, 'it exports nothing');
      for (const [key, value] of Object.entries(found))
        ok(value !== undefined, `${key} is undefined`);
    });
  }
}

await check('a store sets, gets and expires', async () => {
  const { ExpiringKeyValueStore } = await import('@kv/store');
  const { ManualClock } = await import('@kv/store/conformance');
  const clock = new ManualClock();
  const store = new ExpiringKeyValueStore({ clock });
  store.set('key', { any: 'value' }, { ttlMs: 1000 });
  deepStrictEqual(store.get('key'), { any: 'value' });
  clock.advance(1000);
  strictEqual(store.get('key'), undefined);
});

await check('the conformance suite passes', async () => {
  const { ExpiringKeyValueStore } = await import('@kv/store');
  const { describeExpiringStore } = await import('@kv/store/conformance');
  const tests = [];
  const runner = { describe: (_, body) => body(), it: (name, body) => tests.push([name, body]) };
  describeExpiringStore(runner, 'a store', {
    create: ({ clock }) => new ExpiringKeyValueStore({ clock }),
    value: (n) => `value ${n}`,
    equal: (a, b) => a === b,
  });
  ok(tests.length > 20, `there are only ${tests.length} tests`);
  for (const [, body] of tests) await body();
});

const VALUE = {
  id: 7n,
  at: new Date(1e12),
  bytes: Uint8Array.of(0, 255),
  nested: [new Map([['set', new Set([-0, Number.NaN])]]), null, undefined],
};

await check('the codec gives back what it was given', async () => {
  const { ValueCodec } = await import('@kv/protocol');
  const codec = new ValueCodec();
  deepStrictEqual(codec.decode(codec.encode(VALUE)), VALUE);
});

await check('a snapshot is written and read', async () => {
  const { openSnapshots } = await import('@kv/persistence');
  const { ExpiringKeyValueStore } = await import('@kv/store');
  const codec = { encode: serialize, decode: deserialize };
  const open = async () => {
    const store = new ExpiringKeyValueStore();
    const snapshots = await openSnapshots({ directory: join(temporary, 'cache'), store, codec });
    return { store, snapshots };
  };
  const before = await open();
  before.store.set('key', VALUE, { ttlMs: 60_000 });
  await before.snapshots.close();
  const after = await open();
  deepStrictEqual(after.store.get('key'), VALUE);
  ok(after.store.ttlMs('key') > 0);
  await after.snapshots.close();
});

await check('startKvd serves a client, and its time can be moved', async () => {
  const { connect } = await import('@kv/client');
  const { startKvd } = await import('@kv/kvd');
  let now = Date.now();
  const kvd = await startKvd({ clock: { now: () => now } });
  const client = await connect(kvd.url);
  strictEqual(await client.setex('key', 5, VALUE), 1);
  deepStrictEqual(await client.get('key'), VALUE);
  now += 5000;
  strictEqual(await client.get('key'), undefined);
  await client.close();
  await kvd.close();
});

await check('kvd --version', async () => {
  const { stdout } = await promisify(execFile)(KVD, ['--version']);
  strictEqual(stdout.trim(), (await manifestOf('@kv/kvd')).version);
});

await check('kvd --help', async () => {
  const { stdout } = await promisify(execFile)(KVD, ['--help']);
  match(stdout, /--port/);
  match(stdout, /kvd ping/);
});

/** Starts the installed daemon; answers its process and URL. */
async function startDaemon() {
  const options = ['--port', '0', '--dir', join(temporary, 'data'), '--log-format', 'json'];
  const child = spawn(KVD, options, { stdio: ['ignore', 'pipe', 'inherit'] });
  children.add(child);
  child.once('exit', () => children.delete(child));
  for await (const line of createInterface({ input: child.stdout })) {
    const { addresses } = JSON.parse(line);
    if (addresses === undefined) continue;
    child.stdout.resume();
    return { child, url: `kv://${addresses[0]}` };
  }
  throw new Error('kvd stopped before it was ready');
}

await check('a client against kvd: values survive SIGTERM and a restart', async () => {
  const { connect } = await import('@kv/client');
  for (const expected of [undefined, VALUE]) {
    const { child, url } = await startDaemon();
    const client = await connect(url);
    deepStrictEqual(await client.get('key'), expected);
    strictEqual(await client.set('key', VALUE), 1);
    const { stdout } = await promisify(execFile)(KVD, ['--url', url, 'ping']);
    match(stdout, /PONG/);
    await client.close();
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    deepStrictEqual(await exited, [0, null]);
  }
});

for (const child of children) child.kill('SIGKILL');
await rm(temporary, { recursive: true, force: true });
// A check that found no end may have left something open.
process.exit();
