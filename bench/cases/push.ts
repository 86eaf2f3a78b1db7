// Case push: one small job per POST /q/:queue; then every acknowledged job has to be in the queue, once.
import { drain } from '../load/bulk.js';
import { JOB_BYTES, jobText, SEQUENCE, writeDigits } from '../load/job.js';
import { createLedger } from '../load/ledger.js';
import { closedLoop } from '../load/loop.js';
import { requestBytes } from '../load/request.js';
import type { Case, Order } from '../types.js';

export const push: Case = {
  name: 'push',
  async run(order) {
    const ledger = createLedger({ round: order.round, openWorld: !order.stores });
    const pushers = Array.from({ length: order.connections }, (_, c) => createPusher(order, c));
    const window = await closedLoop(order, {
      next: (connection) => at(pushers, connection).next(),
      judge(connection, response) {
        if (response.status !== 201) return 'unexpected';
        ledger.acknowledge(connection, at(pushers, connection).latest());
        return 'ok';
      },
    });
    if (order.stores) await drain(order, ledger);
    return { window, check: ledger.check() };
  },
};

/** Makes one connection's requests: the same bytes again and again, but for the job's running number. */
function createPusher(order: Order, connection: number) {
  const body = jobText({ round: order.round, connection, sequence: 0 });
  const bytes = requestBytes(order, { method: 'POST', path: `/q/${order.queue}`, body });
  const digitsAt = bytes.length - JOB_BYTES + SEQUENCE.at;
  let sequence = -1;
  return {
    next(): Buffer {
      sequence += 1;
      // In place: the request before has been answered, so its bytes have left.
      writeDigits(bytes, digitsAt, SEQUENCE.digits, sequence);
      return bytes;
    },
    latest: () => sequence,
  };
}

function at<T>(items: T[], index: number): T {
  return items[index] as T;
}
