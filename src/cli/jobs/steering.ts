/** `presque jobs retry`, `cancel` and `rm`: what is done to one job, or to all of a state. */

import type { Command } from 'commander';
import type { JobState } from '../../client/client.js';
import { addConnection, type ConnectionFlags } from '../connection.js';
import { fail, usageError } from '../exit.js';
import { containsOption, stateOption, yesOption } from '../reading/job-options.js';
import { type JobName, jobNameOf } from '../reading/values.js';
import { type Session, withServer } from '../session.js';
import { count } from '../terminal/human.js';
import { safe } from '../terminal/text.js';

interface Flags extends ConnectionFlags {
  readonly state?: JobState;
  readonly contains?: string;
  readonly yes?: true;
}

interface Act {
  readonly name: string;
  readonly description: string;
  readonly help: string;
  one(session: Session, job: JobName, flags: Flags): Promise<string>;
  /** How many there were. */
  all?(session: Session, queue: string, state: JobState, flags: Flags): Promise<number>;
}

const acts: readonly Act[] = [
  {
    name: 'retry',
    description: 'Have a dead or delayed job ready now, or all of a state.',
    help: `
Examples:
  $ presque jobs retry mail 17
  $ presque jobs retry mail --state dead --contains example.org`,
    one: async ({ client }, { queue, id }) => (await client.retry(queue, id)).state,
    async all({ client }, queue, state, { contains }) {
      return (await client.bulk(queue, state, 'retry', { contains })).matched;
    },
  },
  {
    name: 'cancel',
    description: 'Have a waiting job dead, or ask the worker of a leased one to stop.',
    help: `
The worker of a leased job hears of it, and the job is dead when it has stopped.

Examples:
  $ presque jobs cancel mail 17
  $ presque jobs cancel mail/17`,
    one: async ({ client }, { queue, id }) => (await client.cancel(queue, id)).state,
  },
  {
    name: 'rm',
    description: 'Delete a job, or all of a state.',
    help: `
It asks first, unless --yes says so.

Examples:
  $ presque jobs rm mail 17
  $ presque jobs rm mail --state dead --contains example.org --yes`,
    async one({ client, output }, { queue, id }, { yes }) {
      await output.ask(`Delete the job ${queue}/${id}?`, { yes });
      await client.remove(queue, id);
      return 'deleted';
    },
    async all({ client, output }, queue, state, { contains, yes }) {
      const which = contains === undefined ? '' : ` with ${JSON.stringify(contains)} in them`;
      await output.ask(`Delete all ${state} jobs of ${queue}${which}?`, { yes });
      return (await client.bulk(queue, state, 'delete', { contains })).matched;
    },
  },
];

export function addJobsSteering(jobs: Command) {
  for (const act of acts) addAct(jobs, act);
}

function addAct(jobs: Command, act: Act) {
  const command = jobs
    .command(act.name)
    .description(act.description)
    .argument('<QUEUE>', 'queue of the job, or QUEUE/ID')
    .argument('[ID]', 'the job')
    .addHelpText('after', act.help);
  if (act.all) command.addOption(stateOption('all jobs that are so')).addOption(containsOption());
  if (act.name === 'rm') command.addOption(yesOption());
  addConnection(command);
  command.action((queue: string, id: string | undefined, flags: Flags) => {
    const { state, contains } = flags;
    if (contains !== undefined && state === undefined) fail('--contains needs a --state', usageError);
    if (state !== undefined && id !== undefined)
      fail('a job is named by ID, all jobs by --state', usageError);
    const job = state === undefined ? jobNameOf(queue, id) : undefined;
    return withServer(flags, (session) =>
      job ? one(session, act, job, flags) : all(session, act, queue, flags),
    );
  });
}

async function one(session: Session, act: Act, job: JobName, flags: Flags) {
  const state = await act.one(session, job, flags);
  if (session.output.isJson) session.output.value({ ...job, state });
  else session.output.say(safe(`${job.queue}/${job.id} is ${state}`));
}

async function all(session: Session, act: Act, queue: string, flags: Flags) {
  const matched = (await act.all?.(session, queue, flags.state as JobState, flags)) ?? 0;
  if (session.output.isJson) session.output.value({ queue, matched });
  else session.output.say(`${count(matched)} ${matched === 1 ? 'job' : 'jobs'}`);
}
