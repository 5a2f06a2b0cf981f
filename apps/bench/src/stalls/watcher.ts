// A process of its own that watches how long it is kept waiting: by a server, whom it sends one
// PING after the other, or by the machine alone, when it does nothing but read the clock. Told
// `begin` it starts anew; told `end` it answers with the longest wait since then, in milliseconds.
import { connect } from 'node:net';

const PING = Buffer.from('PING\r\n');
/** Between two looks at whether somebody has said something. */
const SPIN_MS = 0.5;
/** Before the next PING: the processor is to be the server's. */
const PAUSE_MS = 1;

let longest = 0;
let before = performance.now();
/** Whether what is waited for has not come yet. */
let waiting = true;

function waited(): void {
  const now = performance.now();
  if (now - before > longest) longest = now - before;
  before = now;
}

process.on('message', (word) => {
  if (word === 'begin') {
    longest = 0;
    return;
  }
  if (waiting) waited();
  process.send?.(longest);
});
process.on('disconnect', () => process.exit());

function ping(host: string, port: number): void {
  const socket = connect({ host, port, noDelay: true }, () => {
    process.send?.('ready');
    send();
  });
  const send = (): void => {
    before = performance.now();
    waiting = true;
    socket.write(PING);
  };
  socket.on('data', () => {
    waited();
    waiting = false;
    setTimeout(send, PAUSE_MS);
  });
}

function spin(): void {
  const endsAt = performance.now() + SPIN_MS;
  while (before < endsAt) waited();
  setImmediate(spin);
}

const [host, port] = process.argv.slice(2);
if (host === undefined) {
  process.send?.('ready');
  spin();
} else ping(host, Number(port));
