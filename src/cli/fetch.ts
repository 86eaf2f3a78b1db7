/** `presque fetch`: takes one job by hand. */

import { type Command, Option } from 'commander';
import type { Output as Answer } from '../client/client.js';
import { addConnection, type ConnectionFlags } from './connection.js';
import { duration } from './reading/values.js';
import { type Session, withServer } from './session.js';
import { rawJson } from './terminal/json.js';
import { safe } from './terminal/text.js';

interface Flags extends ConnectionFlags {
  readonly lease?: number;
  readonly wait?: number;
  readonly worker?: string;
}

export function addFetch(program: Command) {
  const fetch = program
    .command('fetch')
    .description('Take a job out of a queue and print it.')
    .argument('<QUEUES>', 'queues, parted by commas: the first one that has a job gives it')
    .addOption(
      new Option(
        '--lease <TIME>',
        'lease it for 1s to 12h, to be settled by then; 0 takes it for good',
      ).argParser(duration),
    )
    .addOption(new Option('--wait <TIME>', 'wait for a job, 60s at most').argParser(duration))
    .addOption(new Option('--worker <NAME>', 'who takes it, for the counts of workers'))
    .addHelpText(
      'after',
      `
The job is printed byte for byte; a line's end follows on a terminal only. Without --lease the policy of the queue says whether
it is leased; by default it is not, and whoever has printed it is the only one who has it. The token of a lease is told on
stderr, or by --json, which prints {id, queue, lease, attempt, expires_at, job, links}. Exit 3: there was none.

Examples:
  $ presque fetch mail
  $ presque fetch urgent,mail --lease 5m --wait 20s
  $ job=$(presque fetch mail --lease 60s --json)       then, with its queue, id and lease:
  $ presque done mail 17 --lease 5f0c1e`,
    );
  addConnection(fetch);
  fetch.action((queues: string, flags: Flags) =>
    withServer(flags, async (session) => {
      const { lease: leaseMs, wait, worker } = flags;
      const input = { queues: queues.split(','), leaseMs, wait, worker };
      print(await session.client.calls.take(input), session);
    }),
  );
}

function print(taken: Answer<'take'>, { output, connection }: Session) {
  const { queue, id, job, lease, attempt, expires } = taken;
  if (!output.isJson) {
    output.exact(job);
    if (lease !== undefined)
      output.say(safe(`${queue}/${id} until ${clock(Number(expires))}, --lease ${lease}`));
    return;
  }
  const leased = lease !== undefined && {
    lease,
    attempt,
    expires_at: Number(expires),
    links: linksOf(connection.url, queue, id, lease),
  };
  output.value({ id, queue, ...leased, job: rawJson(job) });
}

const clock = (seconds: number) => new Date(seconds * 1_000).toLocaleTimeString('sv-SE');

/** As the server has them, at the address under which we know it. */
function linksOf(url: string, queue: string, id: string, lease: string) {
  const { origin, pathname } = new URL(url);
  const job = `${origin}${pathname.replace(/\/+$/, '')}/j/${encodeURIComponent(queue)}/${encodeURIComponent(id)}`;
  const verbs = ['done', 'fail', 'extend', 'release'] as const;
  return Object.fromEntries(verbs.map((verb) => [verb, `${job}/${verb}?lease=${encodeURIComponent(lease)}`]));
}
