/** `presque jobs export`: jobs as lines of JSON. */

import type { Command } from 'commander';
import type { JobState } from '../../client/client.js';
import { addConnection, type ConnectionFlags } from '../connection.js';
import { containsOption, stateOption } from '../reading/job-options.js';
import { withServer } from '../session.js';
import { recordText, states } from './record.js';

interface Flags extends ConnectionFlags {
  readonly state?: JobState;
  readonly contains?: string;
}

export function addJobsExport(jobs: Command) {
  const command = jobs
    .command('export')
    .description('Print the jobs of a queue, one record of JSON a line.')
    .argument('<QUEUE>', 'the queue')
    .addOption(stateOption('only those that are so; all of them unless told'))
    .addOption(containsOption())
    .addHelpText(
      'after',
      `
A record is what presque jobs show --json prints. Its job is there byte for byte, but for space around it: a job that has line
ends in it is the string job_text. A job that changes its state meanwhile may be there twice, or not at all: stop the queue before, and let its
workers end.

Examples:
  $ presque jobs export mail > mail.ndjson
  $ presque jobs export mail --state dead | jq -c .job
  $ presque jobs export mail | presque jobs import mail --url http://other:5000`,
    );
  addConnection(command);
  command.action((queue: string, { state, contains, ...flags }: Flags) =>
    withServer(flags, async ({ client, output }) => {
      const progress = output.progress({ label: `exported from ${queue}` });
      let many = 0;
      for (const each of state ? [state] : states) {
        for await (const job of client.list(queue, each, { contains })) {
          output.raw(recordText(job));
          progress.update(++many);
        }
      }
      progress.end();
    }),
  );
}
