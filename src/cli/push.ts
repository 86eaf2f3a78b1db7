/** `presque push`: one job, or one a line. */

import { Argument, type Command, Option } from 'commander';
import type { PushOptions } from '../client/client.js';
import { addConnection, type ConnectionFlags } from './connection.js';
import { fail, usageError } from './exit.js';
import { pushLines } from './jobs/bulk-push.js';
import { chunksOf, measured, textOf } from './reading/input.js';
import { linesOf } from './reading/lines.js';
import { addTiming } from './reading/timing.js';
import { durationText } from './reading/values.js';
import { type Session, withServer } from './session.js';
import { rawJson } from './terminal/json.js';

interface Flags extends ConnectionFlags, Omit<PushOptions, 'tags'> {
  readonly tag?: readonly string[];
  readonly wait?: string;
  readonly ndjson?: true;
}

export function addPush(program: Command) {
  const push = program
    .command('push')
    .description('Push a job into a queue, or one a line.')
    .argument('<QUEUE>', 'the queue; it is there from its first job on')
    .addArgument(new Argument('[JOB]', 'the job, any JSON: JOB itself, @FILE, or - for stdin (also without)'))
    .addOption(new Option('--ndjson', 'a job a line, in their order; empty lines are skipped'));
  addTiming(push)
    .addOption(new Option('--uniq <KEY>', 'refused while a job of the queue has this key'))
    .addOption(new Option('--uniq-until <STATE>', 'when its key is free again').choices(['taken', 'done']))
    .addOption(
      new Option('--idempotency-key <KEY>', 'a repeat within 24 h pushes nothing, gives the same id'),
    )
    .addOption(
      new Option('--wait <TIME>', 'wait for its result and print that instead of the id').argParser(
        durationText,
      ),
    )
    .addHelpText(
      'after',
      `
The id of the job is printed. A job is kept byte for byte. One that is waited for is kept for 10 minutes unless --keep says
otherwise; if it is dead, its error is on stderr. With --ndjson jobs go in batches, and stderr tells how far it is; at a line
that can't be used it ends, and tells which one it was and how many jobs are in.

Examples:
  $ presque push mail '{"to":"ann@example.org"}'
  $ presque push mail @mail.json --delay 5m --priority 9 --tag weekly
  $ seq 1 1000 | sed 's/.*/{"n":&}/' | presque push sums --ndjson
  $ presque push sums '{"n":7}' --wait 30s             prints the result`,
    );
  addConnection(push);
  push.action((queue: string, job: string | undefined, flags: Flags) =>
    withServer(
      flags,
      (session) => {
        const source = job ?? fromStdin();
        return flags.ndjson
          ? pushStream(session, queue, source, flags)
          : pushOne(session, queue, source, flags);
      },
      flags.ndjson ? { retryMs: streamRetryMs } : {},
    ),
  );
}

/** What is half in should not end with a server that starts again. */
const streamRetryMs = 30_000;

function fromStdin(): string {
  if (process.stdin.isTTY) fail('there must be a job: JOB, @FILE, or - for stdin', usageError);
  return '-';
}

async function pushOne({ client, output }: Session, queue: string, source: string, flags: Flags) {
  const { wait, keep, tag: tags, ...options } = flags;
  const job = await textOf(source);
  const kept = keep ?? (wait === undefined ? undefined : '10m');
  const pushed = await client.push(queue, job, { ...options, keep: kept, tags });
  if (wait === undefined) {
    if (output.isJson) output.value(pushed);
    else output.line(pushed.id);
    return;
  }
  const result = (await client.result(queue, pushed.id, { wait }).catch((error: Error) => {
    error.message += ` (${queue}/${pushed.id})`;
    throw error;
  })) as string | undefined;
  if (output.isJson) output.value({ ...pushed, result: result === undefined ? null : rawJson(result) });
  else output.exact(result ?? 'null');
}

async function pushStream(session: Session, queue: string, source: string, flags: Flags) {
  const { uniq, uniqUntil, idempotencyKey, wait, tag: tags, ...more } = flags;
  const options = { ...more, tags };
  if (uniq ?? uniqUntil ?? idempotencyKey ?? wait) {
    fail(
      '--uniq, --uniq-until, --idempotency-key and --wait are said of one job, not of --ndjson',
      usageError,
    );
  }
  const all = chunksOf(source) ?? fail('with --ndjson jobs come from @FILE or - (stdin)', usageError);
  const { chunks, part } = measured(source, all);
  const lines = linesOf(chunks);
  const next = async () => (await lines.next()).value;
  const count = await countedPush(session, { queue, part }, (onIn) =>
    pushLines({ client: session.client, queue, options, onIn }, next),
  );
  if (session.output.isJson) session.output.value({ queue, count });
}

/** With a progress on stderr; an error says how many are in. */
export async function countedPush(
  { output }: Session,
  { queue, part }: { readonly queue: string; readonly part: (() => number) | undefined },
  push: (onIn: (count: number) => void) => Promise<void>,
): Promise<number> {
  const progress = output.progress({ label: `pushed to ${queue}`, part });
  let count = 0;
  try {
    await push((more) => {
      count += more;
      progress.update(count);
    });
  } catch (error) {
    progress.clear();
    const jobs = count === 1 ? '1 job is in' : `${count} jobs are in`;
    (error as Error).message += ` (${jobs})`;
    throw error;
  }
  progress.end();
  return count;
}
