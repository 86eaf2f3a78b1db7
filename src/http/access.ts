/** Who may talk to the server: requests for its own host, and none that a browser sends on behalf of another site. */

import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { ApiError } from '../api/errors.js';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether only this machine can reach a server that listens there. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  const version = isIP(host);
  return version !== 0 && loopback.check(host, version === 6 ? 'ipv6' : 'ipv4');
}

/** Throws an `ApiError` for a request that is not to be served. `page` is a page that a link may open. */
export function checkAccess(request: IncomingMessage, page: boolean) {
  const { headers } = request;
  if (isRepeated(request.rawHeaders, 'host'))
    throw new ApiError('malformed', { message: 'host is given more than once' });
  const authority = authorityOf(request);
  if (authority === undefined && request.httpVersion === '1.1') {
    throw new ApiError('malformed', { message: 'host is missing' });
  }
  if (authority !== undefined && !isOurs(authority)) throw new ApiError('wrong_host');
  if (headers.origin !== undefined && !isOriginOf(authority, headers.origin))
    throw new ApiError('foreign_site');
  if (headers['sec-purpose'] !== undefined) throw new ApiError('foreign_site');
  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return;
  if (!(page && headers['sec-fetch-mode'] === 'navigate')) throw new ApiError('foreign_site');
}

/** Whether a header, named in lower case, is given more than once. */
export function isRepeated(rawHeaders: readonly string[], header: string): boolean {
  let seen = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] as string;
    if (name.length === header.length && name.toLowerCase() === header) seen++;
  }
  return seen > 1;
}

/** An absolute-form target counts instead of the Host header (RFC 9112, 3.2.2). */
export function authorityOf({ url = '', headers }: IncomingMessage): string | undefined {
  if (url.charCodeAt(0) === 0x2f) return headers.host;
  return /^https?:\/\/([^/?#]*)/i.exec(url)?.[1] ?? headers.host;
}

/** What nearly every client sends, told at a glance. */
const usual = /^(?:localhost|127\.0\.0\.1)(?::\d{1,5})?$/;

function isOurs(authority: string): boolean {
  if (usual.test(authority)) return true;
  const name = /^(\[[0-9a-f:.]+\]|[^:@[\]]+)(?::\d*)?$/i.exec(authority)?.[1];
  return name !== undefined && isLoopback(name.replace(/^\[|\]$/g, '').toLowerCase());
}

function isOriginOf(authority: string | undefined, origin: string): boolean {
  return authority !== undefined && (origin === `http://${authority}` || origin === `https://${authority}`);
}
