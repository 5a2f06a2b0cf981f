/** The real process, whose system calls are traced, and fail: what a simulated disk can't show. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startKvdProcess } from './kvd-process.ts';
import { hasStrace, lineClient, startTraced } from './strace.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** 10000 is the long form; see docs/DURABILITY.md. */
const WRITES = Number(process.env.KVD_TRACED_WRITES ?? 200);

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

describe.skipIf(!hasStrace)('a server under strace', () => {
  it(`with always answers none of ${WRITES} writes before the write and the fdatasync of its record`, {
    timeout: 30_000 + WRITES * 5,
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

  it('whose fdatasync fails acknowledges nothing more, answers reads, and BGREWRITEAOF mends it', {
    timeout: 30_000,
  }, async () => {
    const fails = ['-e', 'trace=fdatasync', '-e', 'inject=fdatasync:error=EIO:when=3'];
    await using kvd = await startTraced(
      [...logged('eio'), '--appendfsync', 'always'],
      fails,
      trace('eio'),
    );
    const client = await lineClient(kvd.port);
    expect(await client.ask('SET a 1')).toBe('+OK');
    expect(await client.ask('SET b 1')).toBe('+OK');
    // Nobody can say whether this will last, so nothing is said.
    expect(await client.ask('SET c 1')).toBeUndefined();
    const other = await lineClient(kvd.port);
    expect(await other.ask('SET d 1')).toMatch(/^-MISCONF Errors writing to the AOF file: EIO/);
    expect(await other.ask('EXISTS a')).toBe(':1');
    expect(kvd.output.stdout).toContain('could not be made durable');
    expect(await other.ask('BGREWRITEAOF')).toMatch(/^\+/);
    await expect.poll(() => other.ask('SET d 1')).toBe('+OK');
    other.close();
    expect(await kvd.stop()).toBe(0);
    expect(await found('eio', ['a', 'b', 'c', 'd'])).toStrictEqual([':1', ':1', ':1', ':1']);
  });

  it('whose disk is full refuses writes, answers reads, and goes on when there is room', {
    timeout: 30_000,
  }, async () => {
    // Beginning the log takes six writes; the seventh is the first record.
    const fails = ['-e', 'trace=pwrite64', '-e', 'inject=pwrite64:error=ENOSPC:when=8..9'];
    await using kvd = await startTraced(
      [...logged('full'), '--appendfsync', 'always'],
      fails,
      trace('full'),
    );
    const client = await lineClient(kvd.port);
    const answers: (string | undefined)[] = [];
    for (let i = 0; i < 3; i++) answers.push(await client.ask(`SET early:${i} 1`));
    // It was cut off at the write that failed.
    expect(answers).toContain(undefined);
    const other = await lineClient(kvd.port);
    expect(await other.ask('SET late 1')).toMatch(/^-MISCONF .*ENOSPC/);
    expect(await other.ask('EXISTS nothing')).toBe(':0');
    await expect.poll(() => other.ask('SET late 1'), { timeout: 10_000 }).toBe('+OK');
    other.close();
    expect(await kvd.stop()).toBe(0);
    expect(await found('full', ['early:0', 'late'])).toStrictEqual([':1', ':1']);
  });
});
