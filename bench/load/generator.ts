// The load generator's process: gets an order, runs its case, sends the outcome back.
import { caseNamed } from '../cases/all.js';
import type { Order, Reply } from '../types.js';

process.on('message', async (order: Order) => {
  process.send?.(await obey(order));
});
// Goes with the bench, however that ends.
process.on('disconnect', () => process.exit(0));

async function obey(order: Order): Promise<Reply> {
  try {
    return { outcome: await caseNamed(order.case).run(order) };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
