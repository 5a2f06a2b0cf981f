import { expect, it } from 'vitest';
import { originalSession } from '../src/original-session.ts';

it('answers the original session exactly', async () => {
  expect(await originalSession()).toStrictEqual([
    ["set('name', 'Alice')", 1],
    ["get('name')", 'Alice'],
    ["execute('GET', 'name')", 'Alice'],
    ["setex('session', 5, 'token')", 1],
    ["get('session')", 'token'],
    ["get('session')", undefined],
    ["delete('name')", 1],
    ["delete('name')", 0],
    ["mset('a', '1', 'b', '2', 'c', '3')", 3],
    ["mget('a', 'b', 'c')", ['1', '2', '3']],
    ['dbsize()', 3],
    ['flush()', 3],
    ['dbsize()', 0],
    ['save()', 'OK'],
    ['lastsave()', Date.UTC(2026, 0, 2) / 1000],
    ['bgsave()', 'Background save started'],
  ]);
});
