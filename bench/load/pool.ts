// Keeps a number of connections busy, each with its next request, until every one of them is told to rest.
import { type Connection, openConnection } from './connection.js';
import type { Response } from './response.js';

export interface Pool {
  port: number;
  connections: number;
  /** The next request of a connection; undefined lets it rest for good. */
  next(connection: number): Buffer | undefined;
  receive(connection: number, response: Response): void;
  /** Called when all are connected, before the first request. */
  onStart?(): void;
}

/** Resolves when all connections rest, each with its last answer read; rejects at the first broken one. */
export async function runPool(pool: Pool): Promise<void> {
  const open: Connection[] = [];
  let settle: { resolve(): void; reject(error: Error): void } | undefined;
  let broken: Error | undefined;
  let busy = pool.connections;

  const advance = (index: number) => {
    const request = pool.next(index);
    if (request) open[index]?.send(request);
    else if (--busy === 0) settle?.resolve();
  };
  const breakOff = (error: Error) => {
    broken ??= error;
    settle?.reject(broken);
  };

  try {
    for (let index = 0; index < pool.connections; index += 1) {
      const connection = await openConnection({
        port: pool.port,
        onError: breakOff,
        onResponse(response) {
          pool.receive(index, response);
          advance(index);
        },
      });
      open.push(connection);
    }
    if (broken) throw broken;
    await new Promise<void>((resolve, reject) => {
      settle = { resolve, reject };
      pool.onStart?.();
      for (let index = 0; index < pool.connections; index += 1) advance(index);
    });
  } finally {
    for (const connection of open) connection.close();
  }
}
