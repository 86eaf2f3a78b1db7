/** How far something is, on stderr: one line that is redrawn on a terminal, a plain line now and then elsewhere. */

import type { Paint } from './colors.js';
import { count, duration } from './human.js';
import { columnsOf, cut, safe } from './text.js';

export interface ProgressOptions {
  readonly label: string;
  /** Without it and `part` there is neither a bar nor a time that is left. */
  readonly total?: number | undefined;
  /** From 0 to 1: how much is done, where it is not known how many there are. */
  readonly part?: (() => number) | undefined;
  /** What was done before this begins, which counts for no speed. */
  readonly from?: number;
}

export interface Progress {
  update(done: number): void;
  /** Takes the line off the terminal until the next `update`, so that something else can be written. */
  clear(): void;
  /** Says how far it came. Nothing is shown after it. */
  end(): void;
}

/** Where it is shown. */
export interface ProgressScreen {
  /** The terminal's columns as they are now; undefined when it is none. */
  readonly columns: () => number | undefined;
  readonly write: (text: string) => void;
  readonly paint: Paint;
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

interface Shown extends ProgressOptions {
  readonly done: number;
  readonly perSecond: number;
}

const drawEveryMs = 100;
/** When nothing is done, so that the speed that is shown falls. */
const drawIdleEveryMs = 1_000;
const tellEveryMs = 10_000;
/** The speed that is shown is that of the latest seconds. */
const speedOverMs = 5_000;
const widestBar = 40;
const narrowestBar = 8;

export function createProgress(options: ProgressOptions, screen: ProgressScreen): Progress {
  const { from = 0 } = options;
  const now = screen.now ?? (() => performance.now());
  const begun = now();
  let done = from;
  let samples = [{ at: begun, done: from }];
  let drawnAt = Number.NEGATIVE_INFINITY;
  let toldAt = begun;
  let drawn = -1;
  let isOver = false;

  const speed = (since: { at: number; done: number }) =>
    ((done - since.done) * 1_000) / Math.max(1, now() - since.at);
  const draw = (columns: number) => {
    drawnAt = now();
    drawn = done;
    samples = [...samples.filter(({ at }) => drawnAt - at <= speedOverMs), { at: drawnAt, done }];
    const shown = { ...options, done, perSecond: speed(samples[0] as (typeof samples)[number]) };
    screen.write(`\r${progressLine(shown, columns, screen.paint)}\x1b[K`);
  };
  const tell = () => {
    toldAt = now();
    screen.write(`${progressText({ ...options, done, perSecond: speed({ at: begun, done: from }) })}\n`);
  };
  const show = () => {
    const columns = screen.columns();
    if (columns === undefined) {
      if (now() - toldAt >= tellEveryMs) tell();
    } else if (now() - drawnAt >= (done === drawn ? drawIdleEveryMs : drawEveryMs)) draw(columns);
  };
  // What came just after a drawing is drawn without another update.
  const timer = setInterval(show, drawEveryMs).unref();
  const clear = () => {
    if (drawn >= 0 && screen.columns() !== undefined) screen.write('\r\x1b[K');
    drawn = -1;
  };

  return {
    update(count) {
      if (isOver) return;
      done = count;
      show();
    },
    clear,
    end() {
      if (isOver) return;
      isOver = true;
      clearInterval(timer);
      clear();
      tell();
    },
  };
}

const howFar = ({ label, done, total }: Shown) =>
  `${safe(label)}: ${count(done)}${total === undefined ? '' : ` of ${count(total)}`}`;

/** `pushed: 1,200 of 5,000, 340 a second` */
function progressText(shown: Shown): string {
  return `${howFar(shown)}, ${count(shown.perSecond)} a second`;
}

/** One line of fewer columns than the terminal has: a full one would move the cursor to the next. */
export function progressLine(shown: Shown, columns: number, paint: Paint): string {
  const part = partOf(shown);
  if (part === undefined) return cut(progressText(shown), columns - 1);
  const percent = `${Math.floor(part * 100)}%`.padStart(4);
  const text = `${percent}  ${progressText(shown)}${timeLeft(shown, part)}`;
  const room = Math.min(widestBar, columns - 1 - columnsOf(text) - 1);
  if (room < narrowestBar) return cut(text.trimStart(), columns - 1);
  const full = Math.round(part * room);
  return `${paint('green', '█'.repeat(full))}${paint('dim', '░'.repeat(room - full))} ${text}`;
}

function partOf({ done, total, part }: Shown): number | undefined {
  if (total === undefined) return part && Math.min(1, part());
  return total > 0 ? Math.min(1, done / total) : 1;
}

function timeLeft({ done, total, perSecond }: Shown, part: number): string {
  const left = total === undefined ? done / part - done : total - done;
  if (!(perSecond > 0 && left > 0 && Number.isFinite(left))) return '';
  return `, ${duration(Math.ceil(left / perSecond))} left`;
}
