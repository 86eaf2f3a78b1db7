/** What the suites of the client share: a server, reached over HTTP or in the process, and the same tests for both. */

import { afterEach, beforeEach } from 'vitest';
import { type Client, type ConnectOptions, connect } from '../../dist/client/client.js';
import { createServer, type Presque } from '../../dist/index.js';

export const ways = ['over HTTP', 'in the process'] as const;
export type Way = (typeof ways)[number];

interface Under {
  readonly server: Presque;
  readonly presque: Client;
  /** Another client of the same server. */
  connect(options?: Omit<ConnectOptions, 'url'>): Client;
}

/** A server for each test of the suite. */
export function withServer(way: Way): Under {
  let server: Presque | undefined;
  const under = {
    get server() {
      return server as Presque;
    },
    presque: undefined as unknown as Client,
    connect(options: Omit<ConnectOptions, 'url'> = {}) {
      const { api, url } = under.server;
      return way === 'over HTTP' ? connect({ url, ...options }) : connect(api, options);
    },
  };
  beforeEach(async () => {
    server = await createServer({ store: 'memory:', port: 0 });
    under.presque = under.connect();
  });
  afterEach(async () => {
    await server?.stop();
  });
  return under;
}

/** Resolves with what `look` gives once it gives something. */
export async function soon<T>(look: () => T | Promise<T>, ms = 10_000): Promise<NonNullable<T>> {
  const until = Date.now() + ms;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > until) throw new Error(`not within ${ms} ms: ${look}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A promise that a test resolves. */
export function gate<T = void>() {
  let open: (value: T) => void = () => {};
  const opened = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
