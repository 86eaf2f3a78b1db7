/** The `Api` of a server that is reached over HTTP: asks again while it is away, and no job is pushed or settled twice by that. */

import type { Api, Call, RouteName } from '../api/types.js';
import type { Ambient } from './ambient.js';
import { PresqueError } from './errors.js';
import { type HttpRequest, headerText, requestOf } from './request.js';
import { outputOf } from './response.js';
import { routes } from './routes.js';
import type { Values } from './wire.js';

export interface RemoteOptions {
  readonly url: string;
  readonly token?: string | undefined;
  /** How long to ask again after the first failure. */
  readonly retryMs: number;
  /** How long a server may take to answer, beyond what it was asked to wait. */
  readonly timeoutMs: number;
  readonly fetch: typeof fetch;
}

/** Where a server is that was started without saying where. */
export const defaultUrl = 'http://127.0.0.1:5000';

const firstPauseMs = 100;
const longestPauseMs = 2_000;

export function createRemoteApi(options: RemoteOptions, ambient: Ambient): Api {
  const { origin, token } = baseOf(options);
  // A browser's does not work as a method of something else.
  const { fetch } = options;

  async function attempt(request: HttpRequest, waitMs: number, gone: Gone) {
    const controller = new AbortController();
    const timer = ambient.after(options.timeoutMs + waitMs, () => controller.abort());
    const leave = gone.onGone(() => controller.abort());
    try {
      const { method, path, headers, body } = request;
      const response = await fetch(origin + path, {
        method,
        headers: {
          ...headers,
          accept: 'application/problem+json, application/json',
          ...(token !== undefined && { authorization: headerText(`Bearer ${token}`) }),
        },
        ...(body !== undefined && { body }),
        signal: controller.signal,
      });
      // It was done: what came of it is not to be lost by an abort.
      leave();
      return { status: response.status, headers: response.headers, text: await response.text() };
    } catch (cause) {
      throw new PresqueError('unreachable', 0, `${origin} can not be reached: ${reasonOf(cause)}`, { cause });
    } finally {
      timer.cancel();
      leave();
    }
  }

  const pause = (ms: number, gone: Gone) =>
    new Promise<void>((resolve) => {
      const timer = ambient.after(ms, done);
      const leave = gone.onGone(done);
      function done() {
        timer.cancel();
        leave();
        resolve();
      }
    });

  async function run(name: RouteName, given: Values, call: Call): Promise<unknown> {
    const route = routes[name];
    // A push that is asked for again is done once.
    const input = 'once' in route.fields ? { ...given, once: given.once ?? ambient.token() } : given;
    const request = requestOf(route, input);
    const gone = createGone(call);
    let until: number | undefined;
    for (let tries = 0; ; tries++) {
      try {
        return outputOf(route, await attempt(request, Number(input.wait ?? 0), gone));
      } catch (error) {
        if (gone.isGone || !(error instanceof PresqueError) || !isWorthAnother(error, input)) throw error;
        const now = ambient.now();
        until ??= now + options.retryMs;
        const pauseMs = pauseOf(tries, error, ambient);
        if (now + pauseMs > until) throw error;
        await pause(pauseMs, gone);
        if (gone.isGone) throw error;
      }
    }
  }

  const operations = Object.keys(routes).map((name) => [
    name,
    (input: Values, call: Call) => run(name as RouteName, input, call),
  ]);
  return Object.fromEntries(operations) as unknown as Api;
}

/** Whoever waits for the answer may leave, which several want to know while they are at it. */
interface Gone {
  readonly isGone: boolean;
  onGone(run: () => void): () => void;
}

function createGone(call: Call): Gone {
  const told = new Set<() => void>();
  let isGone = false;
  call.onGone(() => {
    isGone = true;
    for (const run of told) run();
  });
  return {
    get isGone() {
      return isGone;
    },
    onGone(run) {
      if (isGone) run();
      told.add(run);
      return () => told.delete(run);
    },
  };
}

/** A password in the URL is the token, as old clients have it. */
function baseOf({ url, token }: RemoteOptions): {
  readonly origin: string;
  readonly token: string | undefined;
} {
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new TypeError(`not a URL: ${url}`);
  }
  if (!/^https?:$/.test(parsed.protocol)) throw new TypeError(`not a URL of HTTP: ${url}`);
  const password = decodeURIComponent(parsed.password);
  return {
    origin: `${parsed.origin}${parsed.pathname.replace(/\/+$/, '')}`,
    token: token ?? (password === '' ? undefined : password),
  };
}

/** What a gateway says in place of a server that is away. */
const awayStatuses = [429, 502, 503, 504];

function isWorthAnother({ code, status, job }: PresqueError, input: Values): boolean {
  // Whether the first one was done can not be told any more.
  if (code === 'unreachable') return input.ifMatch === undefined;
  // The server can not give it; where the job is stored, it may have it by then.
  if (code === 'not_durable') return job !== undefined;
  return awayStatuses.includes(status);
}

/** Longer each time, half of it by chance, so that many who failed together don't come together. */
function pauseOf(tries: number, { retryAfterMs = 0 }: PresqueError, ambient: Ambient): number {
  const most = Math.min(firstPauseMs * 2 ** tries, longestPauseMs);
  return Math.max(retryAfterMs, most / 2) + (most / 2) * ambient.fraction();
}

function reasonOf(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { message?: string; code?: string } };
  return cause?.code ?? cause?.message ?? message ?? String(error);
}
