import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { commandsPage } from './page.ts';
import { commandSyntax } from './syntax.ts';
import { COMMANDS, commandNamed } from './table.ts';

test('COMMANDS.md is what the table says; if this fails: pnpm --filter @kv/protocol run commands', () => {
  const page = readFileSync(new URL('../../COMMANDS.md', import.meta.url), 'utf8');
  expect(page === commandsPage()).toBe(true);
});

test('the page has a section for every command', () => {
  const titles = [...commandsPage().matchAll(/^### (.*)$/gm)].map(([, title]) => title);
  expect(titles.sort()).toEqual(COMMANDS.map(({ name }) => name as string).sort());
});

test.each([
  ['GET', 'GET key'],
  ['MSET', 'MSET key value [key value ...]'],
  ['MGET', 'MGET key [key ...]'],
  ['PING', 'PING [message]'],
  ['INFO', 'INFO [section ...]'],
  ['RANDOMKEY', 'RANDOMKEY'],
  [
    'SET',
    'SET key value [NX | XX | IFEQ comparison] [GET] [EX seconds | PX milliseconds | EXAT unix-seconds | PXAT unix-milliseconds | KEEPTTL]',
  ],
  ['HELLO', 'HELLO [version] [AUTH username password] [SETNAME name]'],
  ['CLIENT LIST', 'CLIENT LIST [TYPE type | ID client-id [client-id ...]]'],
] as const)('%s is written as Redis writes it', (name, syntax) => {
  expect(commandSyntax(commandNamed(name))).toBe(syntax);
});
