/** `presque status`: how many jobs there are, of all queues or of one. */

import type { Command } from 'commander';
import type { Output as Answer } from '../client/client.js';
import { addConnection, type ConnectionFlags } from './connection.js';
import { policyTexts } from './queues/set.js';
import { type Session, withServer } from './session.js';
import { printFields } from './terminal/fields.js';
import { count, duration } from './terminal/human.js';
import type { Column } from './terminal/table.js';

type Status = Answer<'status'>;

export function addStatus(program: Command) {
  const status = program
    .command('status')
    .description('Count the jobs of all queues, or tell all about one.')
    .argument('[QUEUE]', 'the queue; all of them unless told')
    .addHelpText(
      'after',
      `
Examples:
  $ presque status
  $ presque status mail
  $ presque status --json | jq -r 'select(.dead > 0) | .queue'`,
    );
  addConnection(status);
  status.action((queue: string | undefined, flags: ConnectionFlags) =>
    withServer(flags, async (session) => {
      if (queue !== undefined) await showOne(session, queue);
      else if ((await session.output.list(columns, statusOfAll(session))) === 0)
        session.output.say('no queues');
    }),
  );
}

const atOnce = 16;

async function* statusOfAll({ client }: Session): AsyncIterable<Status> {
  let names: string[] = [];
  const statuses = () => Promise.all(names.map((name) => client.status(name)));
  for await (const name of client.queues()) {
    names.push(name);
    if (names.length < atOnce) continue;
    yield* await statuses();
    names = [];
  }
  yield* await statuses();
}

const ageText = ({ oldest_age, ready }: Status) => (ready > 0 ? duration(oldest_age) : '');
const openText = ({ paused }: Status) => (paused === 1 ? 'stopped' : 'open');

const columns: readonly Column<Status>[] = [
  { title: 'QUEUE', value: ({ queue }) => queue, flexible: true },
  { title: 'READY', value: ({ ready }) => count(ready), align: 'right' },
  { title: 'DELAYED', value: ({ delayed }) => count(delayed), align: 'right' },
  { title: 'LEASED', value: ({ leased }) => count(leased), align: 'right' },
  {
    title: 'DEAD',
    value: ({ dead }) => count(dead),
    align: 'right',
    format: ({ dead }) => (dead > 0 ? 'red' : undefined),
  },
  { title: 'DONE', value: ({ done }) => count(done), align: 'right' },
  { title: 'WORKERS', value: ({ workers }) => count(workers), align: 'right' },
  { title: 'OLDEST', value: ageText, align: 'right' },
  { title: '', value: openText, format: ({ paused }) => (paused === 1 ? 'yellow' : undefined) },
];

async function showOne({ client, output }: Session, queue: string) {
  const [status, counters] = await Promise.all([client.status(queue), client.counters(queue)]);
  const { job_processed: processed, job_failed: failed } = counters;
  if (output.isJson) return output.value({ ...status, processed, failed });
  const { ready, delayed, leased, dead, done, workers, policy } = status;
  const counts = Object.entries({ ready, delayed, leased, dead, done, workers, processed, failed });
  printFields(output, {
    queue,
    status: openText(status),
    ...Object.fromEntries(counts.map(([name, value]) => [name, count(value)])),
    oldest: ageText(status),
  });
  output.line('');
  const { status: _, ...set } = policy;
  printFields(output, policyTexts(set));
}
