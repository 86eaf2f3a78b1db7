/** `presque done`, `fail`, `extend` and `release`: what came of a job that was taken under a lease. */

import { type Command, Option } from 'commander';
import { addConnection, type ConnectionFlags } from './connection.js';
import { fail, usageError } from './exit.js';
import { textOf } from './reading/input.js';
import { duration, fraction, type JobName, jobNameOf } from './reading/values.js';
import { type Session, withServer } from './session.js';
import { when } from './terminal/human.js';
import { safe } from './terminal/text.js';

interface Flags extends ConnectionFlags {
  readonly lease?: string;
}

interface Leased extends JobName {
  readonly lease: string;
}

type Words = [queue: string | undefined, id: string | undefined];

const about = `
Without arguments it is the job of PRESQUE_QUEUE, PRESQUE_JOB and PRESQUE_LEASE, which presque work sets for its commands.
Exit 1, lease lost: it was over or settled otherwise, and somebody else may have the job; nothing was changed.

Examples:`;

/** A command for one leased job; `act` answers what came of it. */
function addSettlement<F extends Flags>(
  program: Command,
  name: string,
  description: string,
  { options, examples, act }: SettlementParts<F>,
) {
  const command = program
    .command(name)
    .description(description)
    .argument('[QUEUE]', 'queue of the job, or QUEUE/ID')
    .argument('[ID]', 'the job')
    .addOption(new Option('--lease <TOKEN>', 'the token that came with the job (PRESQUE_LEASE)'));
  for (const option of options) command.addOption(option);
  command.addHelpText('after', `${about}\n${examples}`);
  addConnection(command);
  command.action((queue: Words[0], id: Words[1], flags: F) => {
    const job = leasedOf([queue, id], flags);
    return withServer(flags, async (session) => {
      const { text, ...outcome } = await act(session, job, flags);
      if (session.output.isJson) session.output.value({ queue: job.queue, id: job.id, ...outcome });
      else session.output.say(safe(`${job.queue}/${job.id} ${text}`));
    });
  });
}

interface SettlementParts<F extends Flags> {
  readonly options: readonly Option[];
  readonly examples: string;
  readonly act: (session: Session, job: Leased, flags: F) => Promise<{ readonly text: string }>;
}

/** What is named counts before the environment. */
function leasedOf([queue, id]: Words, { lease = process.env.PRESQUE_LEASE }: Flags): Leased {
  const { PRESQUE_QUEUE, PRESQUE_JOB } = process.env;
  const name =
    queue !== undefined
      ? jobNameOf(queue, id)
      : PRESQUE_QUEUE && PRESQUE_JOB
        ? { queue: PRESQUE_QUEUE, id: PRESQUE_JOB }
        : fail('which job? QUEUE ID, or PRESQUE_QUEUE and PRESQUE_JOB', usageError);
  return { ...name, lease: lease || fail('there must be --lease TOKEN, or PRESQUE_LEASE', usageError) };
}

const then = ({ state, run_at: at }: { state: string; run_at?: number }) =>
  `is ${state}${state === 'delayed' && at !== undefined ? `, ready ${when(at)}` : ''}`;

const delay = () => new Option('--delay <TIME>', 'when it comes again').argParser(duration);

export function addSettling(program: Command) {
  addSettlement<Flags & { result?: string }>(program, 'done', 'Say that a leased job is done.', {
    options: [new Option('--result <JSON>', 'what came of it: JSON, @FILE, or - for stdin')],
    examples: `  $ presque done mail 17 --lease 5f0c1e
  $ presque done mail/17 --lease 5f0c1e --result '{"sent":3}'
  $ presque done --result @result.json                 in a command that presque work runs`,
    async act({ client }, job, { result }) {
      const text = result === undefined ? undefined : await textOf(result);
      await client.calls.done({ ...job, result: text });
      return { state: 'done', text: 'is done' };
    },
  });
  addSettlement<Flags & { error?: string; delay?: number; dead?: true }>(
    program,
    'fail',
    'Say that an attempt at a leased job failed: it is tried again, or is dead.',
    {
      options: [
        new Option('--error <TEXT>', 'what went wrong: TEXT, @FILE, or - for stdin'),
        delay(),
        new Option('--dead', 'it is not to be tried again'),
      ],
      examples: `  $ presque fail mail 17 --lease 5f0c1e --error 'no such address' --dead
  $ ./tool 2>err.txt || presque fail --error @err.txt --delay 5m`,
      async act({ client }, job, { error, delay, dead }) {
        const text = error === undefined ? undefined : await textOf(error);
        const outcome = await client.calls.fail({ ...job, error: text, delay, dead });
        return { ...outcome, text: then(outcome) };
      },
    },
  );
  addSettlement<Flags & { for?: number; progress?: number; note?: string }>(
    program,
    'extend',
    'Keep a leased job for longer, and say how far it is.',
    {
      options: [
        new Option('--for <TIME>', 'so long from now; as long as it was leased for unless told').argParser(
          duration,
        ),
        new Option('--progress <N>', 'how far it is: 0 to 1').argParser(fraction),
        new Option('--note <TEXT>', 'how it goes, for people'),
      ],
      examples: `  $ presque extend mail 17 --lease 5f0c1e --for 5m
  $ presque extend --progress 0.4 --note 'page 2 of 5'
  $ presque extend --json                              has "cancel":true when it is to be stopped`,
      async act({ client }, job, { for: forMs, progress, note }) {
        const outcome = await client.calls.extend({ ...job, for: forMs, progress, note });
        const stop = outcome.cancel ? '; it was cancelled and is to be stopped' : '';
        return { ...outcome, text: `is leased, over ${when(outcome.expires_at)}${stop}` };
      },
    },
  );
  addSettlement<Flags & { delay?: number }>(
    program,
    'release',
    'Give a leased job back to its place, no attempt spent.',
    {
      options: [delay()],
      examples: `  $ presque release mail 17 --lease 5f0c1e
  $ presque release --delay 10m                        in a command that presque work runs`,
      async act({ client }, job, { delay }) {
        const outcome = await client.calls.release({ ...job, delay });
        return { ...outcome, text: then(outcome) };
      },
    },
  );
}
