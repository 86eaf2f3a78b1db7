/** Case lease: GET /q/:queue?lease=60s, then POST its done, out of a queue filled before; each job has to be done, once. */
import { drain, fill } from '../load/bulk.js';
import { miscounts, purge } from '../load/counts.js';
import { type JobId, readJobId } from '../load/job.js';
import { createLedger } from '../load/ledger.js';
import { closedLoop } from '../load/loop.js';
import { requestBytes } from '../load/request.js';
import { headerOf } from '../load/response.js';
import type { Case } from '../types.js';

/** What a connection holds between its two requests. */
interface Held {
  id: JobId | undefined;
  job: string;
  lease: string;
}

export const lease: Case = {
  name: 'lease',
  compares: 'rate',
  requestsPerJob: 2,
  onList: false,
  async run(order) {
    const ledger = createLedger({ round: order.round, openWorld: !order.stores, endsAt: 'settled' });
    if (order.stores) await fill(order, ledger);
    const ask = requestBytes(order, { method: 'GET', path: `/q/${order.queue}?lease=60s` });
    const helds: (Held | undefined)[] = [];
    let leased = 0;
    let done = 0;

    const settle = (connection: number) => {
      const held = helds[connection];
      const path = held && `/j/${order.queue}/${held.job}/done?lease=${held.lease}`;
      return path === undefined ? undefined : requestBytes(order, { method: 'POST', path });
    };
    const window = await closedLoop(order, {
      next: (connection) => settle(connection) ?? ask,
      // What is leased when the time is up is done, too, or the counts could not be compared.
      finish: settle,
      judge(connection, response) {
        const held = helds[connection];
        helds[connection] = undefined;
        if (held) {
          if (response.status !== 204) return 'unexpected';
          ledger.settle(held.id);
          done += 1;
          return 'ok';
        }
        if (response.status === 404) return 'dry';
        if (response.status !== 200) return 'unexpected';
        const id = readJobId(response.body);
        ledger.find(id);
        leased += 1;
        helds[connection] = {
          id,
          job: headerOf(response.head, 'Presque-Job'),
          lease: headerOf(response.head, 'Presque-Lease'),
        };
        return 'ok';
      },
    });
    if (!order.stores) return { window, check: ledger.check() };
    const wrong = await miscounts(order, { filled: ledger.check().acknowledged, leased, done });
    await drain(order, {
      find(id) {
        ledger.find(id);
        ledger.settle(id);
      },
    });
    await purge(order);
    return { window, check: { ...ledger.check(), wrong } };
  },
};
