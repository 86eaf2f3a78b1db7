/** The HTTP server: one loop over the contract, from request to answer. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Server as NetServer, type Socket } from 'node:net';
import { ApiError } from '../api/errors.js';
import type { BodyKind, Route } from '../api/route.js';
import type { Api, Call, RouteName } from '../api/types.js';
import type { Clock } from '../clock.js';
import { authorityOf, checkAccess } from './access.js';
import { createPreparer, createSender, type Prepare } from './answer.js';
import { type BodyLimits, createBodyReader } from './body.js';
import { createTurns } from './connection.js';
import { createConnections } from './connections.js';
import { answerParserError, sendError, toApiError } from './errors.js';
import { createInputReader, type InputValues, type Wire } from './input.js';
import { refuseBody } from './linger.js';
import { createPages } from './pages.js';
import type { Query } from './query.js';
import { createRouter } from './router.js';
import { createTwoTurns } from './two-turns.js';

export interface HttpDeps extends BodyLimits {
  readonly api: Api;
  readonly clock: Pick<Clock, 'after'>;
  /** A name for a request that brings none. */
  readonly requestId: () => string;
  /** Told about every error that is the server's own. */
  readonly onError: (error: unknown, requestId: string) => void;
}

export interface HttpServer {
  /** Resolves with the port when the server listens. */
  listen(options: { host: string; port: number }): Promise<number>;
  /** Takes no new connections, answers what is under way (no longer than `graceMs`), closes the rest. Resolves when no operation is at work. */
  stop(graceMs: number): Promise<void>;
}

/** What serves a request: an operation of the contract, or a page. Throws what is to be answered with an error. */
export type Target =
  | {
      readonly page: (
        request: IncomingMessage,
        response: ServerResponse,
        query: Query,
        base: string[],
      ) => unknown;
    }
  | { readonly page?: never; readonly operation: Operation };

interface Operation {
  readonly run: (input: InputValues, call: Call) => Promise<unknown>;
  readonly body: BodyKind | undefined;
  readonly hasQueue: boolean;
  readonly readInput: (wire: Wire) => InputValues;
  readonly prepare: Prepare;
}

/** More connections than the usual 128 may wait to be accepted, else a burst of clients waits for a second. */
const backlog = 4_096;

/** Smaller answers are bounded by the number of connections. */
const smallAnswerBytes = 64 * 1024;

const noBody = {};

/** A missing Host is told in our own words. */
const nodeOptions = {
  requestTimeout: 60_000,
  headersTimeout: 15_000,
  keepAliveTimeout: 75_000,
  requireHostHeader: false,
};

export function createHttpServer(deps: HttpDeps): HttpServer {
  const { api, clock, requestId, onError } = deps;
  const readBody = createBodyReader(deps);
  const turns = createTurns();
  const twoTurns = createTwoTurns();
  const send = createSender();
  let working = 0;
  let unsent = 0;

  const targetOf = (name: RouteName, route: Route): Target => ({
    operation: {
      run: api[name] as Operation['run'],
      body: route.body,
      hasQueue: route.path.endsWith('/:queue'),
      readInput: createInputReader(route, deps),
      prepare: createPreparer(route),
    },
  });
  const find = createRouter<Target>({ targetOf, pages: createPages(api) });

  /** Large answers that clients don't read must not fill the memory: beyond the bound they are not given. */
  function holdAnswer(response: ServerResponse, bytes: number) {
    if (bytes < smallAnswerBytes) return;
    if (unsent + bytes > deps.maxHeldBytes) throw new ApiError('busy');
    unsent += bytes;
    response.once('close', () => {
      unsent -= bytes;
    });
  }

  async function handle(request: IncomingMessage, response: ServerResponse) {
    working++;
    try {
      await answer(request, response);
    } finally {
      working--;
    }
  }

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const id = requestIdOf(request) ?? requestId();
    const base = ['Cache-Control', 'no-store', 'X-Request-Id', id];
    let undo: (() => void) | undefined;
    try {
      const { method = '', url = '', headers, rawHeaders } = request;
      checkAccess(request, isPage(method, url));
      const { target, params, query } = find(method, url);
      if (target.page) return void (await target.page(request, response, query, base));

      const { run, body: kind, hasQueue, readInput, prepare } = target.operation;
      // A queue without a name is told so before a body is waited for.
      const body = kind === undefined || (hasQueue && !params.queue) ? noBody : await readBody(request, kind);
      const input = readInput({ params, query, headers, rawHeaders, body });
      const output = await run(input, {
        undelivered(work) {
          undo = work;
        },
        onGone(work) {
          response.once('close', work);
        },
      });
      if (undo) await twoTurns();
      if (!request.socket.writable) return void undo?.();
      const content = prepare(input, output, originOf(request));
      holdAnswer(response, content.bytes);
      if (undo) watchDelivery(response, undo);
      undo = undefined;
      if (connections.isStopping) base.push('Connection', 'close');
      send(response, base, content);
    } catch (thrown) {
      undo?.();
      const error = toApiError(thrown, (cause) => onError(cause, id));
      if (response.destroyed || response.headersSent) return void response.destroy();
      if (error.code === 'too_large' || error.code === 'busy') refuseBody(request, clock);
      if (connections.isStopping) base.push('Connection', 'close');
      sendError(request, response, base, error);
    }
  }

  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    connections.owe(request.socket, response);
    turns.take(request, response, () => void handle(request, response));
  };
  const server = createServer(nodeOptions, onRequest);
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    const most = Math.max(deps.maxJobBytes, deps.maxBatchBytes);
    if (Number(request.headers['content-length'] ?? 0) <= most) response.writeContinue();
    onRequest(request, response);
  });
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    const error = new ApiError('expectation');
    sendError(request, response, ['Cache-Control', 'no-store', 'X-Request-Id', requestId()], error);
  });
  server.on('clientError', (error, socket) => {
    turns.after(socket as Socket, () => answerParserError(error, socket, requestId()));
  });
  const connections = createConnections(server);

  return {
    listen: (options) => listen(server, options),
    async stop(graceMs) {
      // Not `http.Server`'s own `close`: that one ends connections whose answer is not sent yet.
      NetServer.prototype.close.call(server);
      const cut = clock.after(graceMs, () => server.closeAllConnections());
      await connections.stop();
      cut.cancel();
      // Nothing is left to be ended; this lets go of the server's timer.
      server.close();
      // By then every answer has told whether it was delivered, and no operation is at work any more.
      do await turn();
      while (working > 0);
    },
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

function listen(server: Server, options: { host: string; port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ ...options, backlog }, () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : options.port);
    });
  });
}

/**
 * An answer that was not handed to the system before the connection closed did not reach its client. Node calls a write
 * that was cancelled finished too, so what counts is whether the connection was sound then.
 */
function watchDelivery(response: ServerResponse, undo: () => void) {
  const { socket } = response;
  let delivered = false;
  response.once('finish', () => {
    delivered = socket !== null && !socket.destroyed && !socket.errored;
  });
  response.once('close', () => {
    if (!delivered) undo();
  });
}

function requestIdOf({ headers }: IncomingMessage): string | undefined {
  const id = headers['x-request-id'];
  return typeof id === 'string' && /^[!-~]{1,128}$/.test(id) ? id : undefined;
}

/** Where the client reached us. Empty without a Host (HTTP/1.0): links are relative then. */
function originOf(request: IncomingMessage): string {
  const authority = authorityOf(request);
  return authority === undefined ? '' : `http://${authority}`;
}

const isPage = (method: string, url: string) => method === 'GET' && /^\/(?:$|\?|ui\/)/.test(url);
