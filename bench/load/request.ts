// Builds the bytes of a request once, so that sending it again costs nothing.
import type { Order } from '../types.js';

export function requestBytes(order: Order, request: { method: string; path: string; body?: string }): Buffer {
  const body = request.body ?? '';
  const headers =
    request.body === undefined
      ? ''
      : `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`;
  const head = `${request.method} ${request.path} HTTP/1.1\r\nHost: 127.0.0.1:${order.port}\r\n${headers}\r\n`;
  return Buffer.from(head + body, 'utf8');
}
