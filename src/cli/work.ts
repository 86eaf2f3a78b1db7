/** `presque work`: what may be said of a worker that runs a command for each job. */

import { hostname } from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { limits } from '../api/limits.js';
import { queueName, workerName } from '../api/shapes.js';
import { addConnection, type ConnectionFlags } from './connection.js';
import { fail, usageError } from './exit.js';
import { duration, wholeNumber } from './reading/values.js';
import { withServer } from './session.js';
import { type Work, workUntilStopped } from './work/run.js';

interface Flags extends ConnectionFlags {
  readonly jobs: number;
  readonly lease: string;
  readonly timeout?: string;
  readonly later: string;
  readonly grace: string;
  readonly drain?: true;
  readonly once?: true;
  readonly maxJobs?: number;
  readonly name?: string;
  readonly shell?: true;
}

export function addWork(program: Command) {
  const work = program
    .command('work')
    .description('Run a command for each job of a queue: any executable becomes a worker.')
    .usage('QUEUE[,QUEUE…] [options] -- COMMAND [ARG…]')
    .argument('<QUEUES>', 'queues, parted by commas: the first one that has a job gives it')
    .argument('[COMMAND...]', 'what to run; the job is on its stdin')
    .addOption(new Option('-j, --jobs <N>', 'jobs at once').default(1).argParser(wholeNumber(1, 1_000)))
    .addOption(
      new Option('--lease <TIME>', 'how long its jobs are its own after its last word; extended by itself')
        .default('60s')
        .argParser(timeFrom(limits.shortestLeaseMs, limits.longestLeaseMs)),
    )
    .addOption(
      new Option('--timeout <TIME>', 'how long a command may take; for ever unless told').argParser(
        timeFrom(1),
      ),
    )
    .addOption(
      new Option('--later <TIME>', 'when a job comes again whose command ended with 75')
        .default('10s')
        .argParser(timeFrom()),
    )
    .addOption(
      new Option('--grace <TIME>', 'how long commands may take to end once the worker is to stop')
        .default('10s')
        .argParser(timeFrom()),
    )
    .addOption(new Option('--drain', 'end when no job is ready and none is leased; also at once'))
    .addOption(new Option('--once', 'one job: exit 0 done, 1 not done, 3 there was none'))
    .addOption(new Option('--max-jobs <N>', 'end after so many').argParser(wholeNumber(1)))
    .addOption(new Option('--name <NAME>', 'what it is called among the workers; HOST:PID unless told'))
    .addOption(new Option('--shell', 'COMMAND is one line for sh -c'))
    .addHelpText('after', help);
  addConnection(work);
  work.action((queues: string, words: string[], flags: Flags) => run(queues, words, flags));
}

const help = `
The job is on the command's stdin, its stdout is the result, JSON or not. Exit 0: done; 75: later, no attempt spent;
65: dead; 126, 127 or not to be run: the worker stops, the queue is untouched; anything else: failed, stderr is the error.
{id} {queue} {attempt} {file} are replaced in arguments; PRESQUE_QUEUE, PRESQUE_JOB and others are in the environment.
Exit: 0 stopped or drained, 2 usage, 4 not allowed, 69 no server at the start, 78 the command can't be run.

Examples:
  $ presque work sums -- ./sum.sh
  $ presque work mail,news -j 4 --timeout 5m -- python3 send.py --queue {queue} {file}
  $ presque work images --drain --shell -- 'convert {file} - | wc -c'`;

async function run(list: string, words: readonly string[], flags: Flags) {
  const [command, ...args] = words;
  if (command === undefined) fail('there must be a command: presque work QUEUE -- COMMAND', usageError);
  if (flags.shell && args.length > 0) fail('--shell takes COMMAND as one argument', usageError);
  const { jobs: concurrency, lease, timeout, later, grace, drain, once, maxJobs, shell = false } = flags;
  const work: Work = {
    queues: queuesOf(list),
    command,
    args,
    shell,
    later,
    options: { name: nameOf(flags), concurrency, lease, timeout, grace, drain, once, maxJobs },
  };
  await withServer(flags, async (session) => process.exit(await workUntilStopped(work, session)));
}

function queuesOf(list: string): string[] {
  const queues = list.split(',');
  const wrong = queues.find((queue) => !new RegExp(queueName.pattern).test(queue));
  if (wrong !== undefined) fail(`${queueName.says}: ${wrong}`, usageError);
  if (queues.length > limits.queuesPerTake)
    fail(`at most ${limits.queuesPerTake} queues may be named`, usageError);
  return queues;
}

function nameOf({ name = `${hostname()}:${process.pid}`.slice(-128) }: Flags): string {
  if (!new RegExp(workerName.pattern).test(name))
    fail(workerName.says.replace('worker_id', '--name'), usageError);
  return name;
}

/** A duration within bounds, as it was written. */
function timeFrom(leastMs = 0, mostMs: number = limits.delayMs) {
  return (text: string): string => {
    const ms = duration(text);
    if (ms >= leastMs && ms <= mostMs) return text;
    throw new InvalidArgumentError(`It must be from ${leastMs / 1000}s to ${mostMs / 3_600_000}h.`);
  };
}
