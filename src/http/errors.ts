/** Sends errors: `{"error":…}`, or RFC 9457 for those who ask for it, also where Node's HTTP parser gave up. */

import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { ApiError, type ErrorCode, errors } from '../api/errors.js';

/** Whatever was thrown, as an error for the client; what is not one already is ours, and is reported. */
export function toApiError(error: unknown, report: (error: unknown) => void): ApiError {
  if (error instanceof ApiError) {
    if (error.status >= 500 && error.cause !== undefined) report(error.cause);
    return error;
  }
  report(error);
  return new ApiError('internal', { cause: error });
}

const problemType = 'application/problem+json';

export function sendError(
  request: IncomingMessage,
  response: ServerResponse,
  base: string[],
  error: ApiError,
) {
  const problem = request.headers.accept?.toLowerCase().includes(problemType) ?? false;
  const body = JSON.stringify(problem ? problemOf(error) : { error: error.message });
  base.push(...error.headers);
  if (error.status === 503 || error.status === 429) base.push('Retry-After', '1');
  const type = problem ? problemType : 'application/json';
  base.push('Content-Type', type, 'Content-Length', String(Buffer.byteLength(body)));
  response.writeHead(error.status, base).end(body);
}

/** `type` is a URN, since a local server has no page of its own on the web. */
function problemOf({ code, status, message }: ApiError) {
  return {
    type: `urn:presque:error:${code}`,
    title: errors[code].sentence,
    status,
    detail: message,
    code,
    error: message,
  };
}

const parserErrors: { readonly [code: string]: ErrorCode } = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

/** Answers what is not HTTP, and closes the connection. */
export function answerParserError(error: NodeJS.ErrnoException, socket: Duplex, requestId: string) {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  const { status, sentence } = errors[parserErrors[error.code ?? ''] ?? 'malformed'];
  const body = JSON.stringify({ error: sentence });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    `X-Request-Id: ${requestId}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
