// PGlite behind a socket, in a process of its own: whoever waits for the database in a thread keeps that thread from
// being the database. Says which port it has, and ends with its parent.
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';

const server = new PGLiteSocketServer({ db: await PGlite.create(), port: 0, maxConnections: 20 });
server.addEventListener('listening', (event) => process.send?.((event as CustomEvent).detail.port));
await server.start();
process.on('disconnect', () => process.exit());
