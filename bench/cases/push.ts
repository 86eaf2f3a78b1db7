// Case push: one small job per POST /q/:queue; then every acknowledged job has to be in the queue, once.
import { drain } from '../load/bulk.js';
import { createLedger } from '../load/ledger.js';
import { closedLoop } from '../load/loop.js';
import { createPusher } from '../load/pusher.js';
import type { Case } from '../types.js';

export const push: Case = {
  name: 'push',
  compares: 'rate',
  requestsPerJob: 1,
  onList: true,
  async run(order) {
    const ledger = createLedger({ round: order.round, openWorld: !order.stores, endsAt: 'found' });
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

function at<T>(items: T[], index: number): T {
  return items[index] as T;
}
