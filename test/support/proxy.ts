/** A TCP proxy that breaks: it cuts its connections, or lets nothing through for a while. */

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface Proxy {
  readonly port: number;
  /** How many connections were made to it, and how many are open. */
  readonly made: number;
  readonly open: number;
  /** Ends all connections with a reset; new ones may be made at once. */
  cut(): void;
  /** From now on each connection ends with a reset when its client sends this, before anybody hears it; with nothing, none does. */
  cutAt(text: string | undefined): void;
  /** What is sent from now on waits, also on new connections: as when a cable is pulled, nobody is told. */
  freeze(): void;
  /** What waited goes on its way. */
  thaw(): void;
  stop(): Promise<void>;
}

/** In front of a port of this machine. */
export async function startProxy(target: number): Promise<Proxy> {
  const sockets = new Set<Socket>();
  let made = 0;
  let isFrozen = false;
  let fatal: string | undefined;

  function join(from: Socket, to: Socket) {
    sockets.add(from);
    from.setNoDelay(true);
    from.on('data', (chunk) => {
      if (fatal !== undefined && chunk.includes(fatal)) from.resetAndDestroy();
      else if (!to.destroyed) to.write(chunk);
    });
    from.on('error', () => {});
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
    if (isFrozen) from.pause();
  }

  const server = createServer((client) => {
    made++;
    const upstream = connect(target, '127.0.0.1');
    join(client, upstream);
    join(upstream, client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => sockets.forEach((socket) => void socket.resetAndDestroy());

  return {
    port: (server.address() as AddressInfo).port,
    get made() {
      return made;
    },
    get open() {
      return sockets.size / 2;
    },
    cut,
    cutAt(text) {
      fatal = text;
    },
    freeze() {
      isFrozen = true;
      for (const socket of sockets) socket.pause();
    },
    thaw() {
      isFrozen = false;
      for (const socket of sockets) socket.resume();
    },
    async stop() {
      const closed = once(server, 'close');
      server.close();
      cut();
      await closed;
    },
  };
}
