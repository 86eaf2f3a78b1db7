/** `presque workers`: who works. */

import type { Command } from 'commander';
import type { Output as Answer } from '../client/client.js';
import { addConnection, type ConnectionFlags } from './connection.js';
import { withServer } from './session.js';
import { when } from './terminal/human.js';
import type { Column } from './terminal/table.js';

type Worker = Answer<'worker'>;

export function addWorkers(program: Command) {
  const workers = program
    .command('workers')
    .description('Look at workers.')
    .addHelpText(
      'after',
      `
Examples:
  $ presque workers ls`,
    );
  const list = workers
    .command('ls')
    .description('List the workers that were seen, and what they do.')
    .addHelpText(
      'after',
      `
Examples:
  $ presque workers ls
  $ presque workers ls --json | jq -r 'select(.doing != []) | .worker_id'`,
    );
  addConnection(list);
  list.action((flags: ConnectionFlags) =>
    withServer(flags, async ({ client, output }) => {
      await output.list(columns, client.workers());
    }),
  );
}

const columns: readonly Column<Worker>[] = [
  { title: 'WORKER', value: ({ worker_id }) => worker_id },
  { title: 'QUEUES', value: ({ queues }) => queues.join(',') },
  { title: 'PROCESSED', value: ({ processed }) => processed, align: 'right' },
  { title: 'FAILED', value: ({ failed }) => failed, align: 'right' },
  { title: 'SEEN', value: ({ last_seen_at }) => when(last_seen_at) },
  { title: 'SINCE', value: ({ started_at }) => when(started_at) },
  { title: 'DOING', value: doing, flexible: true },
];

const shownJobs = 100;

function doing({ doing: jobs }: Worker): string {
  const shown = jobs.slice(0, shownJobs).map(({ queue, id }) => `${queue}/${id}`);
  return [...shown, ...(jobs.length > shownJobs ? [`… ${jobs.length} in all`] : [])].join(' ');
}
