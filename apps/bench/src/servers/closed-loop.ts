// A generator in a process of its own: every connection sends a burst of requests and waits for
// all replies before it sends the next. The load comes as JSON; how many requests there were, and how many a
// second, go out as JSON.
import { once } from 'node:events';
import { connect } from 'node:net';
import { Bursts, type Load } from './load.ts';
import { operation } from './operations.ts';

const READ_BYTES = 256 * 1024;
const LINE_FEED = 10;
const MINUS = 45;

const load: Load = JSON.parse(process.argv[2] as string);
const { port, connections, pipeline, valueBytes } = load;
const burstsPerConnection = Math.ceil(load.requests / pipeline / connections);
const bursts = new Bursts(load);
const reply = operation(load.operation).reply(valueBytes);
const [unit, perReply] = 'bytes' in reply ? ['bytes', reply.bytes] : ['lines', reply.lines];

/** How many units of replies lie in what was read. */
function unitsIn(bytes: Uint8Array, length: number): number {
  if (unit === 'bytes') return length;
  let lines = 0;
  for (let at = 0; at < length; at++) if (bytes[at] === LINE_FEED) lines++;
  return lines;
}

// What one connection reads has been counted when the next one reads.
const area = new Uint8Array(READ_BYTES);

async function open(): Promise<() => Promise<void>> {
  let left = burstsPerConnection;
  let awaited = 0;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect({
    host: '127.0.0.1',
    port,
    noDelay: true,
    onread: {
      buffer: area,
      callback: (length, bytes) => {
        if (awaited === pipeline * perReply && bytes[0] === MINUS)
          reject(new Error(Buffer.from(bytes.subarray(0, length)).toString('latin1')));
        awaited -= unitsIn(bytes, length);
        if (awaited === 0) next();
        return true;
      },
    },
  });
  socket.on('error', reject);
  socket.on('close', () => reject(new Error('the server has closed the connection')));
  await once(socket, 'connect');
  const next = (): void => {
    if (left-- === 0) {
      resolve();
      return;
    }
    awaited = pipeline * perReply;
    socket.write(bursts.next());
  };
  return () => {
    next();
    return promise;
  };
}

const starts = await Promise.all(Array.from({ length: connections }, open));
const startedAt = performance.now();
await Promise.all(starts.map((start) => start()));
const seconds = (performance.now() - startedAt) / 1000;
const requests = burstsPerConnection * connections * pipeline;
console.log(JSON.stringify({ perSecond: requests / seconds, requests }));
process.exit(0);
