/** `presque jobs`: looks at jobs. What is done to them is in files beside. */

import { type Command, Option } from 'commander';
import type { JobState, JobView } from '../client/client.js';
import { addConnection, type ConnectionFlags } from './connection.js';
import { addJobsExport } from './jobs/export.js';
import { addJobsImport } from './jobs/import.js';
import { stateColors, states, viewJson } from './jobs/record.js';
import { addJobsSteering } from './jobs/steering.js';
import { containsOption, stateOption } from './reading/job-options.js';
import { jobNameOf, wholeNumber } from './reading/values.js';
import { type Session, withServer } from './session.js';
import { printFields } from './terminal/fields.js';
import { when } from './terminal/human.js';
import type { Column } from './terminal/table.js';
import { safe } from './terminal/text.js';

export function addJobs(program: Command) {
  const jobs = program
    .command('jobs')
    .description('Look at jobs, steer them, copy them.')
    .addHelpText(
      'after',
      `
A job is named by QUEUE ID or QUEUE/ID.

Examples:
  $ presque jobs ls mail --state dead
  $ presque jobs why mail/17
  $ presque jobs retry mail --state dead --contains example.org
  $ presque jobs export mail | presque jobs import mail --url http://other:5000`,
    );
  addList(jobs);
  addShow(jobs);
  addWhy(jobs);
  addJobsSteering(jobs);
  addJobsExport(jobs);
  addJobsImport(jobs);
}

interface ListFlags extends ConnectionFlags {
  readonly state?: JobState;
  readonly limit: number;
  readonly contains?: string;
}

function addList(jobs: Command) {
  const list = jobs
    .command('ls')
    .description('List the jobs of a queue.')
    .argument('<QUEUE>', 'the queue')
    .addOption(stateOption('only those that are so; all of them unless told'))
    .addOption(new Option('--limit <N>', 'how many in all').default(50).argParser(wholeNumber(1)))
    .addOption(containsOption())
    .addHelpText(
      'after',
      `
Ready jobs stand in the order in which they are taken, delayed and leased ones by their time, done and dead ones latest first.

Examples:
  $ presque jobs ls mail
  $ presque jobs ls mail --state dead --contains example.org --limit 10
  $ presque jobs ls mail --state ready --json | jq .job`,
    );
  addConnection(list);
  list.action((queue: string, flags: ListFlags) =>
    withServer(flags, async (session) => {
      const { output } = session;
      const many = await output.list(columns, listed(session, queue, flags), viewJson);
      if (many === flags.limit) output.say(`(--limit ${flags.limit}: there may be more)`);
    }),
  );
}

async function* listed({ client }: Session, queue: string, { state, limit, contains }: ListFlags) {
  let left = limit;
  for (const each of state ? [state] : states) {
    if (left === 0) return;
    for await (const job of client.list(queue, each, { limit: left, contains })) {
      left--;
      yield job as JobView;
    }
  }
}

/** The time that counts in its state. */
const timeOf = ({ state, created_at, run_at, expires_at, attempts }: JobView) => {
  if (state === 'leased') return expires_at;
  if (state === 'delayed') return run_at;
  return state === 'ready' ? created_at : (attempts.at(-1)?.ended_at ?? created_at);
};

const columns: readonly Column<JobView>[] = [
  { title: 'ID', value: ({ id }) => id },
  { title: 'STATE', value: ({ state }) => state, format: ({ state }) => stateColors[state] },
  { title: 'PRIORITY', value: ({ priority }) => priority, align: 'right' },
  { title: 'ATTEMPT', value: ({ attempt }) => attempt, align: 'right' },
  { title: 'WHEN', value: (job) => (timeOf(job) === undefined ? '' : when(timeOf(job) as number)) },
  { title: 'WHY', value: ({ reason, worker }) => reason ?? worker },
  { title: 'JOB', value: ({ job }) => job as string | undefined, flexible: true },
];

function addShow(jobs: Command) {
  const show = jobs
    .command('show')
    .description('Show all about a job.')
    .argument('<QUEUE>', 'queue of the job, or QUEUE/ID')
    .argument('[ID]', 'the job')
    .addHelpText(
      'after',
      `
Examples:
  $ presque jobs show mail 17
  $ presque jobs show mail/17 --json | jq .result`,
    );
  addConnection(show);
  show.action((queue: string, id: string | undefined, flags: ConnectionFlags) => {
    const name = jobNameOf(queue, id);
    return withServer(flags, async ({ client, output }) => {
      const view: JobView = await client.job(name.queue, name.id);
      if (output.isJson) output.value(viewJson(view));
      else {
        const { attempts, tags, created_at, run_at, expires_at, ...rest } = view;
        const times = { created: created_at, ready: run_at, 'lease over': expires_at };
        const shown = Object.entries(times).flatMap(([key, at]) =>
          at === undefined ? [] : [[key, timeText(at)]],
        );
        printFields(output, { ...rest, tags: tags.join(' '), ...Object.fromEntries(shown) });
        if (attempts.length > 0) await output.list(attemptColumns, attempts);
      }
    });
  });
}

const timeText = (seconds: number) => `${new Date(seconds * 1_000).toISOString()} (${when(seconds)})`;

const attemptColumns: readonly Column<JobView['attempts'][number]>[] = [
  { title: 'ATTEMPT', value: ({ attempt }) => attempt, align: 'right' },
  { title: 'OUTCOME', value: ({ outcome }) => outcome },
  { title: 'ENDED', value: ({ ended_at }) => when(ended_at) },
  { title: 'WORKER', value: ({ worker }) => worker },
  { title: 'ERROR', value: ({ error }) => error, flexible: true },
];

function addWhy(jobs: Command) {
  const why = jobs
    .command('why')
    .description('Say why a job is not running.')
    .argument('<QUEUE>', 'queue of the job, or QUEUE/ID')
    .argument('[ID]', 'the job')
    .addHelpText(
      'after',
      `
Examples:
  $ presque jobs why mail 17
  $ presque jobs why mail/17 --json`,
    );
  addConnection(why);
  why.action((queue: string, id: string | undefined, flags: ConnectionFlags) => {
    const name = jobNameOf(queue, id);
    return withServer(flags, async ({ client, output }) => {
      const found = await client.why(name.queue, name.id);
      if (output.isJson) output.value(found);
      else output.line(safe(found.why));
    });
  });
}
