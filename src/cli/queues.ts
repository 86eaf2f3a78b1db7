/** `presque queues`: what queues there are, how each is set, and what is done to it. */

import type { Command } from 'commander';
import { addConnection, type ConnectionFlags } from './connection.js';
import { addQueuesSet, policyTexts } from './queues/set.js';
import { yesOption } from './reading/job-options.js';
import { type Session, withServer } from './session.js';
import { printFields } from './terminal/fields.js';
import { count } from './terminal/human.js';
import { safe } from './terminal/text.js';

export function addQueues(program: Command) {
  const queues = program
    .command('queues')
    .description('Look at queues, set them, stop and start them, empty them.')
    .addHelpText(
      'after',
      `
Examples:
  $ presque queues ls
  $ presque queues set mail lease=60s attempts=5
  $ presque queues stop mail`,
    );
  addList(queues);
  addShow(queues);
  addQueuesSet(queues);
  for (const act of acts) addAct(queues, act);
}

function addList(queues: Command) {
  const list = queues
    .command('ls')
    .description('Print the names of the queues, one a line.')
    .addHelpText(
      'after',
      `
presque status counts their jobs.

Examples:
  $ presque queues ls
  $ for queue in $(presque queues ls); do presque jobs export "$queue" > "$queue.ndjson"; done`,
    );
  addConnection(list);
  list.action((flags: ConnectionFlags) =>
    withServer(flags, async ({ client, output }) => {
      for await (const queue of client.queues()) {
        if (output.isJson) output.value({ queue });
        else output.line(safe(queue));
      }
    }),
  );
}

function addShow(queues: Command) {
  const show = queues
    .command('show')
    .description('Show the policy of a queue.')
    .argument('<QUEUE>', 'the queue')
    .addHelpText(
      'after',
      `
What was not set is there as it is by default. The names are those of presque queues set.

Examples:
  $ presque queues show mail
  $ presque queues show mail --json | jq .attempts`,
    );
  addConnection(show);
  show.action((queue: string, flags: ConnectionFlags) =>
    withServer(flags, async ({ client, output }) => {
      const policy = await client.policy(queue);
      if (output.isJson) output.value({ queue, ...policy });
      else printFields(output, { queue, ...policyTexts(policy) });
    }),
  );
}

interface Flags extends ConnectionFlags {
  readonly yes?: true;
}

interface Act {
  readonly name: string;
  readonly description: string;
  readonly help: string;
  /** It asks first. */
  readonly asks?: (queue: string) => string;
  run(session: Session, queue: string): Promise<{ readonly text: string }>;
}

const acts: readonly Act[] = [
  {
    name: 'stop',
    description: 'Have a queue give no jobs; it goes on to take them.',
    help: `
Leased jobs may be settled. A queue that is not there yet is made.

Examples:
  $ presque queues stop mail
  $ presque queues start mail                          it gives jobs again`,
    async run({ client }, queue) {
      await client.stop(queue);
      return { status: 'stop', text: 'is stopped' };
    },
  },
  {
    name: 'start',
    description: 'Have a stopped queue give jobs again.',
    help: `
Examples:
  $ presque queues start mail`,
    async run({ client }, queue) {
      await client.start(queue);
      return { status: 'start', text: 'is open' };
    },
  },
  {
    name: 'purge',
    description: 'Delete the jobs of a queue that wait, ready and delayed ones.',
    help: `
Leased, dead and done jobs stay (presque jobs rm QUEUE --state … deletes those), and so do policy and counters. Jobs that are
pushed meanwhile may go, too. It asks first, unless --yes says so.

Examples:
  $ presque queues purge mail
  $ presque queues purge mail --yes`,
    asks: (queue) => `Delete all ready and delayed jobs of ${queue}?`,
    async run({ client }, queue) {
      const ready = await client.bulk(queue, 'ready', 'delete');
      const delayed = await client.bulk(queue, 'delayed', 'delete');
      const matched = ready.matched + delayed.matched;
      return { matched, text: `has lost ${count(matched)} jobs` };
    },
  },
  {
    name: 'rm',
    description: 'Delete a queue: its jobs in every state, unique keys, counters, policy and name.',
    help: `
It is done at once, whatever its size (DELETE /q/QUEUE). It asks first, unless --yes says so.

Examples:
  $ presque queues rm mail
  $ presque queues rm mail --yes`,
    asks: (queue) => `Delete ${queue} with its jobs in every state, counters and policy?`,
    async run({ client }, queue) {
      await client.purge(queue);
      return { deleted: true, text: 'is deleted' };
    },
  },
];

function addAct(queues: Command, { name, description, help, asks, run }: Act) {
  const command = queues
    .command(name)
    .description(description)
    .argument('<QUEUE>', 'the queue')
    .addHelpText('after', help);
  if (asks) command.addOption(yesOption());
  addConnection(command);
  command.action((queue: string, flags: Flags) =>
    withServer(flags, async (session) => {
      const { output } = session;
      if (asks) await output.ask(asks(queue), flags);
      const { text, ...outcome } = await run(session, queue);
      if (output.isJson) output.value({ queue, ...outcome });
      else output.say(safe(`${queue} ${text}`));
    }),
  );
}
