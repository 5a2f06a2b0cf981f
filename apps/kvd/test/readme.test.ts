import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { text as textOf } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPTIONS } from '../src/config/options.ts';
import { resolveConfig, shownConfig } from '../src/config/resolve.ts';
import { ExitCode } from '../src/exit-codes.ts';
import { type Kvd, startKvd } from '../src/index.ts';
import { temporaryDirectory } from './temporary-directory.ts';

const pathOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const own = readFileSync(pathOf('../README.md'), 'utf8');
const root = readFileSync(pathOf('../../../README.md'), 'utf8');

/** The programs of a page: its blocks of TypeScript that import something. */
function programsOf(page: string): string[] {
  return [...page.matchAll(/^```ts\n([\s\S]*?)^```/gm)]
    .map(([, code]) => code as string)
    .filter((code) => code.startsWith('import '));
}

/** What a program's comments say that it prints. */
function promisedBy(program: string): string[] {
  return [...program.matchAll(/^.*console\.log\(.*\);? \/\/ (.+)$/gm)].map(
    ([, said]) => said as string,
  );
}

const directory = temporaryDirectory();
let kvd: Kvd;
beforeAll(async () => {
  kvd = await startKvd();
});
afterAll(() => kvd.close());

/** Runs a program in a process of its own, here, where its imports can be found. */
async function run(program: string, name: string): Promise<string[]> {
  const file = pathOf(`./readme-${name}.tmp.ts`);
  writeFileSync(file, program.replaceAll('kv://127.0.0.1:31337', kvd.url));
  try {
    const args = ['--conditions=kv-source', '--no-warnings', file];
    // What a program leaves on disk is gone afterwards.
    const child = spawn(process.execPath, args, { cwd: directory });
    const outputs = Promise.all([textOf(child.stdout), textOf(child.stderr)]);
    await once(child, 'close');
    const [output, errors] = await outputs;
    expect(errors).toBe('');
    return output.trimEnd().split('\n');
  } finally {
    rmSync(file, { force: true });
  }
}

const programs = [
  ...programsOf(root).map((program, i) => [`root ${i + 1}`, program] as const),
  ...programsOf(own).map((program, i) => [`kvd ${i + 1}`, program] as const),
];

describe('the programs of the READMEs', () => {
  it('are there', () => {
    expect(programs.map(([name]) => name)).toStrictEqual(['root 1', 'root 2', 'root 3', 'kvd 1']);
    for (const [, program] of programs) expect(promisedBy(program)).not.toHaveLength(0);
  });

  it('and the handler of the anatomy is the one that runs', () => {
    const source = readFileSync(pathOf('../../../packages/server/src/commands/string.ts'), 'utf8');
    const shown = /^ {3}(const setnx[\s\S]*?)^ {3}```/m.exec(root)?.[1] ?? 'absent';
    expect(source).toContain(shown.replaceAll(/^ {3}/gm, ''));
  });

  it.each(programs)('print what they say: %s', async (name, program) => {
    expect(await run(program, name.replace(' ', '-'))).toStrictEqual(promisedBy(program));
  });
});

/** The first two cells of each row of the table whose head has this word first. */
function tableOf(head: string): (readonly [string, string])[] {
  const lines = own.split('\n');
  const start = lines.findIndex((line) => new RegExp(`^\\| ${head} +\\|`).test(line));
  const end = lines.findIndex((line, i) => i > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map((line) => {
    const [, first = '', second = ''] = line.split('|').map((cell) => cell.trim());
    return [first, second] as const;
  });
}

describe('the tables of the README', () => {
  it('have every option, with its default', () => {
    const listed = tableOf('option').map(([name, value]) => [name.replaceAll('`', ''), value]);
    expect(listed).toStrictEqual(OPTIONS.map((option) => [option.name, option.default]));
  });

  it('have every exit code', () => {
    expect(tableOf('exit code').map(([code]) => Number(code))).toStrictEqual(
      Object.values(ExitCode),
    );
  });

  it('have the options of startKvd, and defaults that are true', () => {
    const names = tableOf('`startKvd` option').flatMap(([cell]) =>
      [...cell.matchAll(/`(\w+)`/g)].map(([, name]) => name as string),
    );
    const source = readFileSync(pathOf('../src/start.ts'), 'utf8');
    const declared = /interface StartOptions \{([\s\S]*?)^\}/m.exec(source)?.[1] ?? '';
    const known = [...declared.matchAll(/readonly (\w+)\?:/g)].map(([, name]) => name as string);
    expect(names.sort()).toStrictEqual(known.sort());
  });

  it('say what each setting can lose of the default that is in force', () => {
    const { config } = resolveConfig({ flags: {}, env: {}, file: undefined });
    const save = new Map(shownConfig(config)).get('save');
    expect(root).toContain(`--save "${save}"`);
  });
});
