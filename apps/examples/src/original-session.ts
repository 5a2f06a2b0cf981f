// The session with which this database was first described, line by line, against a
// server in this process whose time we move.
import { connect } from '@kv/client';
import { startKvd } from '@kv/kvd';
import { temporaryDirectory } from './temporary-directory.ts';

/** Each call as one would write it, and what it answered. */
export type Transcript = [call: string, answer: unknown][];

export async function originalSession(): Promise<Transcript> {
  let now = Date.UTC(2026, 0, 1);
  await using directory = await temporaryDirectory();
  await using kvd = await startKvd({ dir: directory.path, clock: { now: () => now } });
  await using client = await connect(kvd.url);

  const transcript: Transcript = [];
  const show = (call: string, answer: unknown) => transcript.push([call, answer]);

  show("set('name', 'Alice')", await client.set('name', 'Alice'));
  show("get('name')", await client.get('name'));
  show("execute('GET', 'name')", await client.execute('GET', 'name'));

  // Key, seconds, value. After five seconds, which we need not wait for, it is gone.
  show("setex('session', 5, 'token')", await client.setex('session', 5, 'token'));
  now += 4999;
  show("get('session')", await client.get('session'));
  now += 1;
  show("get('session')", await client.get('session'));

  show("delete('name')", await client.delete('name'));
  show("delete('name')", await client.delete('name'));

  const pairs = ['a', '1', 'b', '2', 'c', '3'] as const;
  show("mset('a', '1', 'b', '2', 'c', '3')", await client.mset(...pairs));
  show("mget('a', 'b', 'c')", await client.mget('a', 'b', 'c'));
  show('dbsize()', await client.dbsize());
  show('flush()', await client.flush());
  show('dbsize()', await client.dbsize());

  now = Date.UTC(2026, 0, 2);
  show('save()', await client.save());
  show('lastsave()', await client.lastsave()); // the server's time, in Unix seconds
  show('bgsave()', await client.bgsave());
  return transcript;
}

if (process.argv[1] === import.meta.filename) {
  for (const [call, answer] of await originalSession()) console.log(`${call} =>`, answer);
}
