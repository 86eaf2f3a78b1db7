// Case take: one job per GET /q/:queue out of a queue filled before; each job has to come out, once.
import { drain, fill } from '../load/bulk.js';
import { readJobId } from '../load/job.js';
import { createLedger } from '../load/ledger.js';
import { closedLoop } from '../load/loop.js';
import { requestBytes } from '../load/request.js';
import type { Case } from '../types.js';

export const take: Case = {
  name: 'take',
  compares: 'rate',
  requestsPerJob: 1,
  onList: true,
  async run(order) {
    const ledger = createLedger({ round: order.round, openWorld: !order.stores, endsAt: 'found' });
    if (order.stores) await fill(order, ledger);
    const request = requestBytes(order, { method: 'GET', path: `/q/${order.queue}` });
    const window = await closedLoop(order, {
      next: () => request,
      judge(_, response) {
        if (response.status === 404) return 'dry';
        if (response.status !== 200) return 'unexpected';
        ledger.find(readJobId(response.body));
        return 'ok';
      },
    });
    if (order.stores) await drain(order, ledger);
    return { window, check: ledger.check() };
  },
};
