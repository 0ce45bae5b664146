// A mail server that takes everything and keeps nothing, in a process of its own; tells its parent its port. It speaks just
// enough of SMTP to cost as little as can be.
import { createServer, type Socket } from 'node:net';

const END = Buffer.from('\r\n.\r\n');

function serve(socket: Socket): void {
  let isData = false;
  let tail = Buffer.alloc(0);
  socket.setNoDelay(true);
  socket.write('220 sink\r\n');
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    const came = Buffer.concat([tail, chunk]);
    if (isData) {
      isData = !came.includes(END);
      tail = isData ? came.subarray(-END.length + 1) : Buffer.alloc(0);
      if (!isData) socket.write('250 taken\r\n');
      return;
    }
    const text = came.toString('latin1');
    const end = text.lastIndexOf('\r\n');
    tail = came.subarray(end + 2);
    for (const line of end < 0 ? [] : text.slice(0, end).split('\r\n')) {
      if (/^data$/i.test(line)) isData = true;
      socket.write(isData ? '354 go on\r\n' : /^ehlo/i.test(line) ? '250-sink\r\n250 8BITMIME\r\n' : '250 ok\r\n');
    }
  });
}

const server = createServer(serve);
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.(typeof address === 'object' ? address?.port : 0);
});
