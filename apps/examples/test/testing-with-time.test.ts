import { connect } from '@kv/client';
import { startKvd } from '@kv/kvd';
import { expect, it } from 'vitest';
import { fiveAttempts, maySignIn } from '../src/testing-with-time.ts';

it('refuses the fourth attempt, and allows one more after a quarter of an hour', async () => {
  expect(await fiveAttempts()).toEqual([true, true, true, false, true]);
});

it('counts from the first attempt: later ones do not prolong the wait', async () => {
  let now = Date.now();
  await using kvd = await startKvd({ clock: { now: () => now } });
  await using client = await connect(kvd.url);
  await maySignIn(client, 'bob');
  now += 14 * 60_000;
  for (let i = 0; i < 3; i++) await maySignIn(client, 'bob');
  expect(await maySignIn(client, 'bob')).toBe(false);
  expect(await maySignIn(client, 'carol')).toBe(true);
  now += 60_000 - 1;
  expect(await maySignIn(client, 'bob')).toBe(false);
  now += 1;
  expect(await maySignIn(client, 'bob')).toBe(true);
});
