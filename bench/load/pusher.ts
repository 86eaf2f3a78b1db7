/** Makes one connection's pushes: the same bytes again and again, but for the job's running number. */
import type { Order } from '../types.js';
import { JOB_BYTES, jobText, SEQUENCE, writeDigits } from './job.js';
import { requestBytes } from './request.js';

export interface Pusher {
  /** The next request; its bytes are good until the one after it is asked for. */
  next(): Buffer;
  /** The running number of the latest one. */
  latest(): number;
}

export function createPusher(order: Order, connection: number): Pusher {
  const body = jobText({ round: order.round, connection, sequence: 0 });
  const bytes = requestBytes(order, { method: 'POST', path: `/q/${order.queue}`, body });
  const digitsAt = bytes.length - JOB_BYTES + SEQUENCE.at;
  let sequence = -1;
  return {
    next() {
      sequence += 1;
      // In place: the request before has been answered, so its bytes have left.
      writeDigits(bytes, digitsAt, SEQUENCE.digits, sequence);
      return bytes;
    },
    latest: () => sequence,
  };
}
