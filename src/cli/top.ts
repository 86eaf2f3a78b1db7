/** `presque top`: all queues and workers on one screen, as they are now. */

import { type Command, Option } from 'commander';
import { addConnection, type ConnectionFlags } from './connection.js';
import { duration } from './reading/values.js';
import { type Session, withServer } from './session.js';
import { createObserver } from './top/observer.js';
import { type Key, openScreen } from './top/screen.js';
import { orders, picture, type View } from './top/view.js';

interface Flags extends ConnectionFlags {
  /** Milliseconds. */
  readonly interval: number;
  readonly once?: boolean;
}

export function addTop(program: Command) {
  const command = program
    .command('top')
    .description('Show all queues and workers on the full screen, live.')
    .allowExcessArguments(false)
    .addOption(
      new Option('--interval <TIME>', 'how often it looks (at least 200ms)')
        .default(1_000, '1s')
        .argParser(duration),
    )
    .addOption(new Option('--once', 'print it once, plain; so it is where stdout is no terminal'));
  addConnection(command)
    .addHelpText(
      'after',
      `
Keys: q ends, s sorts by another column, arrows and page keys scroll. IN/S and OUT/S are jobs pushed and
jobs done a second since the last look. Of more than 200 queues, the first 200 by name are shown.

Examples:
  $ presque top
  $ presque top --interval 5s --url http://10.0.0.5:5000
  $ presque top --once | sort -k2 -n`,
    )
    .action((flags: Flags) =>
      withServer(flags, (session) => {
        const isLive = session.output.isScreen && process.stdin.isTTY && !flags.once && !flags.json;
        const everyMs = Math.max(200, flags.interval);
        return isLive ? showLive(session, everyMs) : showOnce(session);
      }),
    );
}

async function showOnce({ client, output, connection: { url } }: Session) {
  const seen = await createObserver(client).look();
  if (output.isJson) return output.value(seen);
  for (const text of picture(seen, { url, paint: output.paint })) output.line(text);
}

/** Until somebody ends it. A server that is away is said so, and looked for again. */
async function showLive({ client, output, connection: { url } }: Session, everyMs: number) {
  const observer = createObserver(client);
  let seen = await observer.look();
  let problem: string | undefined;
  let view: View = { order: orders[0], from: 0 };
  let isOver = false;
  let wake = () => {};

  const screen = openScreen({
    onKey(key: Key) {
      if (key === 'quit') {
        isOver = true;
        wake();
      } else view = moved(view, key, { rows: screen.rows, queues: seen.queues.length });
      draw();
    },
    onResize: () => draw(),
  });
  const draw = () =>
    screen.draw(
      picture(seen, { url, paint: output.paint, width: screen.columns, rows: screen.rows, view, problem }),
    );

  try {
    while (!isOver) {
      draw();
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, everyMs);
      });
      if (isOver) break;
      try {
        seen = await observer.look();
        problem = undefined;
      } catch (error) {
        problem = (error as Error).message;
      }
    }
  } finally {
    screen.close();
  }
}

function moved(view: View, key: Key, { rows, queues }: { rows: number; queues: number }): View {
  if (key === 'sort') {
    const next = orders[(orders.indexOf(view.order) + 1) % orders.length] as View['order'];
    return { order: next, from: 0 };
  }
  const page = Math.max(1, rows - 10);
  const step = { up: -1, down: 1, pageUp: -page, pageDown: page }[
    key as 'up' | 'down' | 'pageUp' | 'pageDown'
  ];
  return { ...view, from: Math.min(Math.max(0, view.from + step), Math.max(0, queues - 1)) };
}
