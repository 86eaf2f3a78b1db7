/** `presque tail`: follows what happens to jobs, by looking again and again. */

import { setTimeout } from 'node:timers/promises';
import type { Command } from 'commander';
import { addConnection, type ConnectionFlags } from './connection.js';
import { fail, usageError } from './exit.js';
import { stateColors } from './jobs/record.js';
import { type Session, withServer } from './session.js';
import { changes, type Happening, type Look, lookAt, windowSize } from './tail/look.js';
import type { Paint } from './terminal/colors.js';
import { count, when } from './terminal/human.js';
import { safe } from './terminal/text.js';

const everyMs = 1_000;
const mostQueues = 50;
const atOnce = 4;

export function addTail(program: Command) {
  const tail = program
    .command('tail')
    .description('Follow what happens to jobs, until Ctrl-C.')
    .argument('[QUEUE...]', 'the queues; all of them unless told')
    .addHelpText(
      'after',
      `
Prints a line for each change: time, queue, id, state, and what else is known. It looks once a second at ${windowSize} jobs of each
state, of ${mostQueues} queues at most, so it does not see what comes and goes between two looks, nor all of a queue that is busier than
that; what it knows by numbers only has "-" in place of the id. A job that was taken for good, or deleted, is gone.

Examples:
  $ presque tail
  $ presque tail mail news
  $ presque tail mail --json | jq -c 'select(.state == "dead")'`,
    );
  addConnection(tail);
  tail.action((queues: string[], flags: ConnectionFlags) => {
    if (queues.length > mostQueues) fail(`at most ${mostQueues} queues can be followed`, usageError);
    process.once('SIGINT', () => process.exit(0));
    return withServer(flags, (session) => follow(session, queues));
  });
}

async function follow(session: Session, queues: readonly string[]): Promise<never> {
  const looks = new Map<string, Look>();
  let isFirst = true;
  for (;;) {
    const followed = queues.length > 0 ? queues : await firstQueues(session, isFirst);
    for (let at = 0; at < followed.length; at += atOnce) {
      const some = followed.slice(at, at + atOnce);
      const found = await Promise.all(some.map((queue) => lookAt(session.client, queue)));
      for (const [index, look] of found.entries()) {
        const queue = some[index] as string;
        const before = looks.get(queue) ?? (isFirst ? undefined : emptyLook);
        for (const happening of before ? changes(before, look) : []) print(session, queue, happening);
        looks.set(queue, look);
      }
    }
    for (const queue of looks.keys()) if (!followed.includes(queue)) looks.delete(queue);
    if (isFirst) session.output.say(safe(`following ${followed.join(', ') || 'all queues'}`));
    isFirst = false;
    await setTimeout(everyMs);
  }
}

/** A queue that came up since the last look had nothing in it then. */
const emptyLook: Look = { jobs: new Map(), full: new Set(), latest: 0, processed: 0 };

async function firstQueues({ client, output }: Session, isFirst: boolean): Promise<string[]> {
  const names: string[] = [];
  for await (const queue of client.queues()) {
    if (names.length === mostQueues) {
      if (isFirst) output.warn(`there are more than ${mostQueues} queues: only the first are followed`);
      break;
    }
    names.push(queue);
  }
  return names;
}

const colors = { ...stateColors, gone: 'dim', processed: undefined } as const;

function print({ output }: Session, queue: string, happening: Happening) {
  const now = Date.now();
  if (output.isJson) return output.value({ time: now / 1_000, queue, ...happening });
  const { id = '-', state } = happening;
  const time = new Date(now).toLocaleTimeString('sv-SE');
  output.line(`${time}  ${safe(queue)}  ${safe(id)}  ${painted(output.paint, state)}${details(happening)}`);
}

const painted = (paint: Paint, state: Happening['state']) => paint(colors[state], state);

function details({ attempt, worker, reason, run_at, error, count: many }: Happening): string {
  const parts = [
    many === undefined ? undefined : `${count(many)} more`,
    attempt ? `attempt ${attempt}` : undefined,
    worker && `by ${worker}`,
    reason,
    run_at === undefined ? undefined : when(run_at),
    error?.split('\n')[0],
  ].filter(Boolean);
  return parts.length === 0 ? '' : `  ${safe(parts.join('  '))}`;
}
