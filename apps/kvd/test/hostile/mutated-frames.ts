// Frames with something wrong in them, of both protocols, from many connections: the server must
// answer each or close the connection, go on, and not grow.
import type { Socket } from 'node:net';
import { Random } from '../oracle/random.ts';
import { HELLO } from '../raw-connection.ts';
import { mutated, type Protocol } from './mutations.ts';
import { megabytes, type Outcome, Target } from './target.ts';

const CONNECTIONS = 32;
/** Sent at once; what is behind the first that breaks the protocol is thrown away. */
const FRAMES_AT_ONCE = 24;
const GROWTH_MAX = 64 * 2 ** 20;
const CLOSED_MS_MAX = 5000;
/** Before the memory is looked at first, the code is compiled and buffers have their sizes. */
const WARM_UP_PART = 0.1;

/** Sends until the server has looked at so many frames. */
export async function sendMutatedFrames(
  frames: number,
  seed: number,
  onProgress: (done: number) => void = () => {},
): Promise<Outcome> {
  await using target = await Target.start();
  const beganAt = performance.now();
  let looked = 0;
  let connections = 0;
  let before = 0;
  const failures: string[] = [];
  const run = async (first: number): Promise<void> => {
    for (let i = first; looked < frames && failures.length === 0; i += CONNECTIONS) {
      const protocol = i % 2 === 0 ? 'native' : 'resp';
      const problem = await one(target, protocol, new Random(seed + i));
      connections++;
      if (problem !== undefined) failures.push(`${problem}; --seed ${seed + i} --frames 1`);
    }
  };
  const watch = async (): Promise<void> => {
    while (looked < frames && failures.length === 0) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      // What has been stored under broken names is no growth of the server.
      await target.ask('FLUSHALL');
      // What breaks the protocol is no command, and ends its connection.
      looked = (await target.info('total_commands_processed')) + connections;
      if (before === 0 && looked > frames * WARM_UP_PART) before = target.residentBytes;
      onProgress(Math.min(looked, frames));
    }
  };
  await Promise.all([watch(), ...Array.from({ length: CONNECTIONS }, (_, i) => run(i))]).catch(
    (error: Error) => failures.push(error.message),
  );
  if (target.kvd.child.exitCode !== null) failures.push('the server has ended');
  else await target.ask('FLUSHALL');
  const growth = target.residentBytes - before;
  if (growth > GROWTH_MAX) failures.push(`the server has grown by ${megabytes(growth)}`);
  const seconds = (performance.now() - beganAt) / 1000;
  return {
    figures: {
      frames: looked.toLocaleString('en'),
      connections: connections.toLocaleString('en'),
      growth: megabytes(growth),
      'frames/s': Math.round(looked / seconds).toLocaleString('en'),
    },
    failures,
  };
}

/** One connection's frames; answers what went wrong. */
async function one(
  target: Target,
  protocol: Protocol,
  random: Random,
): Promise<string | undefined> {
  const frames = Array.from({ length: FRAMES_AT_ONCE }, () => mutated(protocol, random));
  const greeting = protocol === 'native' ? HELLO : Buffer.from('PING\r\n');
  const socket = await target.connect();
  socket.resume();
  const closed = whenClosed(socket);
  // Some begin with what is wrong.
  socket.end(Buffer.concat(random.chance(0.05) ? frames : [greeting, ...frames]));
  return (await closed) ? undefined : `a ${protocol} connection was not closed`;
}

function whenClosed(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    const late = setTimeout(() => {
      socket.destroy();
      resolve(false);
    }, CLOSED_MS_MAX);
    socket.once('close', () => {
      clearTimeout(late);
      resolve(true);
    });
  });
}
