// The load generator's process: gets an order, runs its case, sends the outcome back.
import { cases } from '../cases/all.js';
import type { Order, Reply } from '../types.js';

process.on('message', async (order: Order) => {
  process.send?.(await obey(order));
});
// Goes with the bench, however that ends.
process.on('disconnect', () => process.exit(0));

async function obey(order: Order): Promise<Reply> {
  try {
    const wanted = cases.find((one) => one.name === order.case);
    if (!wanted) return { error: `no case ${order.case}` };
    return { outcome: await wanted.run(order) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
