/**
 * Refuses a body that is still arriving. A connection that is closed while the client sends is reset, and the client
 * may never read the answer: so the rest is thrown away for a while, bounded in size and time.
 */

import type { IncomingMessage } from 'node:http';
import type { Clock } from '../clock.js';

const maxBytes = 256 * 1024 * 1024;
const maxMs = 2_000;

/** From now on the body is thrown away; the connection is closed when that takes too much or too long. */
export function refuseBody(request: IncomingMessage, clock: Pick<Clock, 'after'>) {
  if (request.complete) return;
  const { socket } = request;
  let thrownAway = 0;
  request.on('data', (chunk: Buffer) => {
    thrownAway += chunk.length;
    if (thrownAway > maxBytes) socket.destroy();
  });
  request.resume();
  const end = clock.after(maxMs, () => socket.destroy());
  request.once('close', () => end.cancel());
}
