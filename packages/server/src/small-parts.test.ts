import { expect, test } from 'vitest';
import { clientLine } from './client-line.ts';
import { CredentialCheck } from './credentials.ts';
import { deadlineOf, MILLISECONDS, SECONDS, UNIX_MILLISECONDS, UNIX_SECONDS } from './deadline.ts';
import { foreignProtocol } from './foreign.ts';
import type { Keyspace } from './ports.ts';
import { printable } from './quoted.ts';
import { Session } from './session.ts';
import { Turn } from './turn.ts';

test('deadlines are exact or refused', () => {
  const now = 1_800_000_000_000;
  expect(deadlineOf(10, SECONDS, now)).toBe(now + 10_000);
  expect(deadlineOf(-10, MILLISECONDS, now)).toBe(now - 10);
  expect(deadlineOf(10, UNIX_SECONDS, now)).toBe(10_000);
  expect(deadlineOf(Number.MAX_SAFE_INTEGER, UNIX_MILLISECONDS, now)).toBe(Number.MAX_SAFE_INTEGER);
  expect(deadlineOf(Number.MAX_SAFE_INTEGER, MILLISECONDS, now)).toBeUndefined();
  expect(deadlineOf(Number.MAX_SAFE_INTEGER, UNIX_SECONDS, now)).toBeUndefined();
  expect(deadlineOf(2n ** 63n - 1n, SECONDS, now)).toBeUndefined();
  expect(deadlineOf(-(2n ** 63n), SECONDS, now)).toBeUndefined();
});

test('only the default user with the password gets in', () => {
  const check = new CredentialCheck('päss');
  expect(check.required).toBe(true);
  expect(check.accepts('default', 'päss')).toBe(true);
  for (const [user, password] of [
    ['default', ''],
    ['default', 'pass'],
    ['root', 'päss'],
    ['', 'päss'],
  ] as const)
    expect(check.accepts(user, password)).toBe(false);
  for (const none of [undefined, '']) {
    expect(new CredentialCheck(none).required).toBe(false);
    expect(new CredentialCheck(none).accepts('default', 'any')).toBe(true);
    expect(new CredentialCheck(none).accepts('root', 'any')).toBe(false);
  }
});

test('a client is one line of pairs', () => {
  const session = new Session({
    id: 7,
    address: '[::1]:5',
    localAddress: '[::1]:31337',
    now: 10_000,
    keyspace: {} as Keyspace,
    authenticated: true,
  });
  session.lastActiveAt = 12_500;
  expect(clientLine(session, 15_000)).toBe(
    'id=7 addr=[::1]:5 laddr=[::1]:31337 name= age=5 idle=2 flags=N db=0 sub=0 psub=0 ssub=0 multi=-1 qbuf=0 omem=0 tot-mem=0 cmd=NULL user=default resp=native lib-name= lib-ver=',
  );
  expect(clientLine(session, 0)).toContain('age=0 idle=0');
});

test.each<[string, string | undefined]>([
  ['\0', undefined],
  ['\x16\x03\x01', 'TLS'],
  ['GET / HTTP/1.1', 'HTTP'],
  ['POST', 'HTTP'],
  ['DELETE /a HTTP/1.0\r\nHost: x', 'HTTP'],
  ['GET / HTTP/1.1 and more', undefined],
  ['GET key\r\n', undefined],
  ['DELETE key\r\n', undefined],
  ['*1\r\n$4\r\nPING\r\n', undefined],
  ['\xff', undefined],
])('a connection that begins with %j is %s', (first, name) => {
  expect(foreignProtocol(Buffer.from(first, 'latin1'))?.name).toBe(name);
});

test('text for people holds no control characters', () => {
  expect(printable('a\r\nb\u001b[2J\u009b\u2028\u007fé')).toBe('a  b [2J   é');
});

test('who asks for a turn during another comes after it, once, and may ask again', () => {
  const turn = new Turn();
  const order: string[] = [];
  let again = 2;
  const second = {
    run: () => {
      order.push('second');
      if (again-- > 0) turn.take(second);
    },
  };
  turn.take({
    run: () => {
      turn.take(second);
      turn.take(second);
      order.push('first');
    },
  });
  expect(order).toEqual(['first', 'second', 'second', 'second']);
  turn.take({ run: () => order.push('later') });
  expect(order.at(-1)).toBe('later');
});
