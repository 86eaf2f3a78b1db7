/** `presque jobs import`: pushes what an export printed, or bare jobs. */

import { type Command, Option } from 'commander';
import type { ManyOptions } from '../../client/client.js';
import { addConnection, type ConnectionFlags } from '../connection.js';
import { fail, usageError } from '../exit.js';
import { countedPush } from '../push.js';
import { chunksOf, measured } from '../reading/input.js';
import { type Line, linesOf } from '../reading/lines.js';
import { type Session, withServer } from '../session.js';
import { count } from '../terminal/human.js';
import { type Next, pushLines } from './bulk-push.js';
import { type Imported, importedOf } from './record.js';

interface Flags extends ConnectionFlags {
  readonly bare?: boolean;
}

export function addJobsImport(jobs: Command) {
  const command = jobs
    .command('import')
    .description('Push the jobs of an export, or bare jobs, one a line.')
    .argument('<QUEUE>', 'the queue they go to')
    .argument('[FILE]', 'where they are; - or nothing: stdin')
    .addOption(new Option('--bare', 'each line is a job itself, whatever it looks like'))
    .addHelpText(
      'after',
      `
A line with all the members of an exported record is one; any other is a job itself. Of a record its job, priority, tags and the
time of a delayed one are kept, and the order of the lines. Not kept: its id, its age, attempts, result, unique key, ttl, backoff
and keep. A record that is leased or dead is pushed as ready; one that is done is left out.

Examples:
  $ presque jobs import mail mail.ndjson
  $ gunzip -c mail.ndjson.gz | presque jobs import mail
  $ presque jobs export mail | presque jobs import mail --url http://other:5000`,
    );
  addConnection(command);
  command.action((queue: string, file: string | undefined, flags: Flags) =>
    withServer(flags, (session) => importAll(session, queue, file, flags)),
  );
}

/** One job and how it is to be pushed. */
interface Item extends Line {
  readonly options: ManyOptions;
  /** The same for the same options. */
  readonly key: string;
}

async function importAll(session: Session, queue: string, file: string | undefined, { bare = false }: Flags) {
  if (file === undefined && process.stdin.isTTY) fail('there must be a FILE, or - for stdin', usageError);
  const source = file === undefined || file === '-' ? '-' : `@${file}`;
  const { chunks, part } = measured(source, chunksOf(source) as AsyncIterable<Buffer>);
  const reading = createReading(linesOf(chunks), bare);
  const pushed = await countedPush(session, { queue, part }, async (onIn) => {
    // Those that stand together and are pushed alike go together.
    for (let first = await reading.peek(); first; first = await reading.peek()) {
      const { options, key } = first;
      const next: Next = async () => ((await reading.peek())?.key === key ? reading.take() : undefined);
      await pushLines({ client: session.client, queue, options, onIn }, next);
    }
  });
  if (session.output.isJson) session.output.value({ queue, count: pushed, left_out: reading.leftOut });
  else if (reading.leftOut > 0) session.output.say(`left out, done already: ${count(reading.leftOut)}`);
}

function createReading(lines: AsyncIterator<Line>, isBare: boolean) {
  let next: Item | undefined;
  let leftOut = 0;
  async function peek(): Promise<Item | undefined> {
    while (!next) {
      const { done, value } = await lines.next();
      if (done) return undefined;
      next = itemOf(value, isBare ? { job: value.text } : importedOf(value.text));
      if (!next) leftOut++;
    }
    return next;
  }
  return {
    peek,
    take(): Item | undefined {
      const item = next;
      next = undefined;
      return item;
    },
    get leftOut() {
      return leftOut;
    },
  };
}

/** Nothing for what is not to be pushed: what is done, or what was damaged and has no job any more. */
function itemOf({ number }: Line, { job, state, priority, tags, run_at }: Imported): Item | undefined {
  if (job === undefined || state === 'done') return undefined;
  const delayed = state === 'delayed' && run_at !== undefined ? Math.ceil(run_at) : undefined;
  const options = { priority, tags, delayed };
  return { number, text: job, options, key: JSON.stringify(options) };
}
