/** The real process, whose system calls are traced, and fail: what a simulated disk can't show. */
import { join } from 'node:path';
import { connect } from '@kv/client';
import { describe, expect, it } from 'vitest';
import { startKvdProcess } from './kvd-process.ts';
import { hasStrace, lineClient, startTraced } from './strace.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** 10000 is the long form; see docs/DURABILITY.md. */
const WRITES = Number(process.env.KVD_TRACED_WRITES ?? 200);

/** In ms. A start under strace takes 20 s where system calls are slow and other tests want the processor too. */
const STARTS_UNDER_STRACE = 90_000;

const root = temporaryDirectory();
const trace = (name: string) => join(root, `${name}.trace`);
const logged = (name: string) => ['--dir', join(root, name), '--save', '', '--appendonly', 'yes'];

/** What a server finds that starts on a directory. */
async function found(name: string, keys: readonly string[]): Promise<(string | undefined)[]> {
  await using kvd = await startKvdProcess(logged(name));
  const client = await lineClient(kvd.port);
  const values: (string | undefined)[] = [];
  for (const key of keys) values.push(await client.ask(`EXISTS ${key}`));
  client.close();
  return values;
}

/**
 * Writes until a call fails, and answers the keys that were acknowledged. The client is cut off then: nobody can say
 * whether its last write will last, so nothing is said. Which write that is differs, since strace counts by thread,
 * and a disk that is quick is used by another one.
 */
async function acknowledged(client: Awaited<ReturnType<typeof lineClient>>): Promise<string[]> {
  const keys: string[] = [];
  for (let i = 0; i < 20; i++) {
    const answer = await client.ask(`SET early:${i} 1`);
    if (answer === undefined) return keys;
    expect(answer).toBe('+OK');
    keys.push(`early:${i}`);
  }
  throw new Error('no call failed');
}

describe.skipIf(!hasStrace)('a server under strace', () => {
  it(`with always answers none of ${WRITES} writes before the write and the fdatasync of its record`, {
    timeout: STARTS_UNDER_STRACE + WRITES * 5,
  }, async () => {
    const calls = ['-s', '200', '-e', 'trace=pwrite64,fdatasync,write,writev'];
    await using kvd = await startTraced(
      [...logged('order'), '--appendfsync', 'always'],
      calls,
      trace('order'),
    );
    const client = await lineClient(kvd.port);
    for (let i = 0; i < WRITES; i++) expect(await client.ask(`SET key:${i} value`)).toBe('+OK');
    client.close();
    await kvd.stop();
    const lines = kvd.trace();
    // What the start has written comes before the first record, which holds the first key.
    const first = lines.findIndex((line) => line.includes('key:0'));
    let [written, synced, answered] = [0, 0, 0];
    for (const line of lines.slice(first)) {
      // Room for later records is no record.
      if (/pwrite64\(\d+, "\\377/.test(line)) continue;
      if (/(pwrite64\(.*|<\.\.\. pwrite64 resumed>.*)= \d+$/.test(line)) written++;
      else if (/(fdatasync\(.*|<\.\.\. fdatasync resumed>.*)= 0$/.test(line)) synced++;
      else if (line.includes('"+OK\\r\\n"')) {
        answered++;
        expect(written).toBeGreaterThanOrEqual(answered);
        expect(synced).toBeGreaterThanOrEqual(answered);
      }
    }
    expect(answered).toBe(WRITES);
  });

  it('with everysec answers no durable request before the write and the fdatasync of its record', {
    timeout: STARTS_UNDER_STRACE,
  }, async () => {
    const calls = ['-s', '200', '-e', 'trace=pwrite64,fdatasync,write,writev'];
    await using kvd = await startTraced(
      [...logged('durable'), '--appendfsync', 'everysec'],
      calls,
      trace('durable'),
    );
    const client = await connect({ url: `kv://127.0.0.1:${kvd.port}` });
    for (let i = 0; i < 20; i++) await client.set(`key:${i}`, 'value', { durable: true });
    await client.batch((b) => [b.set('key:20', 'value'), b.set('last', 'x')], { durable: true });
    await client.close();
    await kvd.stop();
    const lines = kvd.trace();
    const first = lines.findIndex((line) => line.includes('key:0'));
    let [written, synced, answered] = [0, 0, 0];
    for (const line of lines.slice(first)) {
      if (/(pwrite64\(.*|<\.\.\. pwrite64 resumed>.*)= \d+$/.test(line)) written++;
      else if (/(fdatasync\(.*|<\.\.\. fdatasync resumed>.*)= 0$/.test(line)) synced++;
      // The reply 1 of SET, and that of EXEC behind those of MULTI and of what was queued.
      else if (line.includes('"\\0\\0\\0\\2\\2\\1"') || line.includes('QUEUED')) {
        answered++;
        expect(written).toBeGreaterThanOrEqual(answered);
        expect(synced).toBeGreaterThanOrEqual(answered);
      }
    }
    expect(answered).toBe(21);
  });

  it('whose fdatasync fails acknowledges nothing more, answers reads, and BGREWRITEAOF mends it', {
    timeout: STARTS_UNDER_STRACE,
  }, async () => {
    const fails = ['-e', 'trace=fdatasync', '-e', 'inject=fdatasync:error=EIO:when=3'];
    await using kvd = await startTraced(
      [...logged('eio'), '--appendfsync', 'always'],
      fails,
      trace('eio'),
    );
    const client = await lineClient(kvd.port);
    const kept = await acknowledged(client);
    expect(kept).not.toEqual([]);
    const other = await lineClient(kvd.port);
    expect(await other.ask('SET d 1')).toMatch(/^-MISCONF Errors writing to the AOF file: EIO/);
    expect(await other.ask(`EXISTS ${kept[0]}`)).toBe(':1');
    expect(kvd.output.stdout).toContain('could not be made durable');
    expect(await other.ask('BGREWRITEAOF')).toMatch(/^\+/);
    await expect.poll(() => other.ask('SET d 1')).toBe('+OK');
    other.close();
    expect(await kvd.stop()).toBe(0);
    expect(await found('eio', [...kept, 'd'])).toStrictEqual([...kept, 'd'].map(() => ':1'));
  });

  it('whose disk is full refuses writes, answers reads, and goes on when there is room', {
    timeout: STARTS_UNDER_STRACE,
  }, async () => {
    // Beginning the log takes six writes. kvd tries again each second, so there is room after three seconds at least:
    // time enough to ask it while there is none.
    const fails = ['-e', 'trace=pwrite64', '-e', 'inject=pwrite64:error=ENOSPC:when=8..11'];
    await using kvd = await startTraced(
      [...logged('full'), '--appendfsync', 'always'],
      fails,
      trace('full'),
    );
    const client = await lineClient(kvd.port);
    const kept = await acknowledged(client);
    expect(kept).not.toEqual([]);
    const other = await lineClient(kvd.port);
    expect(await other.ask('SET late 1')).toMatch(/^-MISCONF .*ENOSPC/);
    expect(await other.ask('EXISTS nothing')).toBe(':0');
    await expect.poll(() => other.ask('SET late 1'), { timeout: 20_000 }).toBe('+OK');
    other.close();
    expect(await kvd.stop()).toBe(0);
    expect(await found('full', [...kept, 'late'])).toStrictEqual([...kept, 'late'].map(() => ':1'));
  });
});
