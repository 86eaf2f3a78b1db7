/** The whole terminal: drawn anew without flicker, keys read one by one, and everything as it was in the end. */

import { emitKeypressEvents } from 'node:readline';

export type Key = 'quit' | 'sort' | 'up' | 'down' | 'pageUp' | 'pageDown';

export interface Screen {
  readonly columns: number;
  readonly rows: number;
  /** From the top; what does not fit is left out. */
  draw(lines: readonly string[]): void;
  close(): void;
}

const alternate = { on: '\x1b[?1049h\x1b[?25l', off: '\x1b[?25h\x1b[?1049l' };
const home = '\x1b[H';
const endOfLine = '\x1b[K';
const endOfScreen = '\x1b[J';

const keys: { readonly [name: string]: Key } = {
  q: 'quit',
  escape: 'quit',
  s: 'sort',
  up: 'up',
  k: 'up',
  down: 'down',
  j: 'down',
  pageup: 'pageUp',
  pagedown: 'pageDown',
  space: 'pageDown',
};

export function openScreen(listener: { onKey(key: Key): void; onResize(): void }): Screen {
  const { stdin, stdout } = process;
  const onKeypress = (_: string, { name = '', ctrl }: { name?: string; ctrl?: boolean }) => {
    const key = ctrl && name === 'c' ? 'quit' : keys[name];
    if (key) listener.onKey(key);
  };
  const quit = () => listener.onKey('quit');
  // Whatever ends the process, the terminal is left as it was.
  const restore = () => void stdout.write(alternate.off);
  emitKeypressEvents(stdin);
  stdin.setRawMode(true);
  stdin.resume();
  stdin.on('keypress', onKeypress);
  stdout.on('resize', listener.onResize);
  process.on('SIGTERM', quit);
  process.on('exit', restore);
  stdout.write(alternate.on);

  return {
    get columns() {
      return stdout.columns || 80;
    },
    get rows() {
      return stdout.rows || 24;
    },
    draw(lines) {
      const shown = lines.slice(0, this.rows);
      stdout.write(home + shown.map((text) => text + endOfLine).join('\r\n') + endOfScreen);
    },
    close() {
      stdin.off('keypress', onKeypress);
      stdin.setRawMode(false);
      stdin.pause();
      stdout.off('resize', listener.onResize);
      process.off('SIGTERM', quit);
      process.off('exit', restore);
      restore();
    },
  };
}
