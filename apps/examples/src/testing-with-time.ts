// An application's own logic, and how it is tested without sleeping: the test starts a
// real server whose time it moves (test/testing-with-time.test.ts).
import { connect, type KvClient } from '@kv/client';
import { startKvd } from '@kv/kvd';

const ATTEMPTS_MAX = 3;
const WINDOW_SECONDS = 15 * 60;

/**
 * Whether one more attempt to sign in is allowed: three in a quarter of an hour, counted
 * from the first. The counter has a name per user, and expires by itself.
 */
export async function maySignIn(client: KvClient, user: string): Promise<boolean> {
  const key = `attempts:${user}`;
  // The counter is made with its TTL, so that no crash in between leaves one without.
  await client.set(key, 0, { ttlMs: WINDOW_SECONDS * 1000, if: 'absent' });
  return (await client.incr(key)) <= ATTEMPTS_MAX;
}

/** Four attempts at once, and a fifth when a quarter of an hour has passed. */
export async function fiveAttempts(): Promise<boolean[]> {
  let now = Date.now();
  await using kvd = await startKvd({ clock: { now: () => now } });
  await using client = await connect(kvd.url);
  const answers: boolean[] = [];
  for (let i = 0; i < 4; i++) answers.push(await maySignIn(client, 'alice'));
  now += WINDOW_SECONDS * 1000;
  answers.push(await maySignIn(client, 'alice'));
  return answers;
}

if (process.argv[1] === import.meta.filename) console.log(await fiveAttempts());
