// Opens connections, lets each be answered once, says that it is ready, and holds them until it is
// killed: a process of its own, so that only the server's side of them is measured there.
import { once } from 'node:events';
import { connect } from 'node:net';

const AT_ONCE = 100;
const [port, count] = process.argv.slice(2).map(Number) as [number, number];

async function open(): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.write('PING\r\n');
  await once(socket, 'data');
}

for (let opened = 0; opened < count; opened += AT_ONCE)
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - opened) }, open));
console.log('ready');
setInterval(() => {}, 1000);
