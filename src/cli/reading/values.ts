/** What the words of a command line mean: numbers, durations, times, jobs, texts from files. */

import { InvalidArgumentError } from 'commander';
import { millisecondsOf } from '../../client/duration.js';
import { fail, usageError } from '../exit.js';

export function wholeNumber(least: number, most: number = Number.MAX_SAFE_INTEGER) {
  return (text: string): number => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    const bounds = most === Number.MAX_SAFE_INTEGER ? `${least} on` : `${least} to ${most}`;
    throw new InvalidArgumentError(`It must be a whole number from ${bounds}.`);
  };
}

/** From 0 to 1. */
export function fraction(text: string): number {
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= 0 && value <= 1) return value;
  throw new InvalidArgumentError('It must be a number from 0 to 1.');
}

/** Milliseconds. */
export function duration(text: string): number {
  try {
    return millisecondsOf(text, '');
  } catch {
    throw new InvalidArgumentError('It must be a duration such as 500ms, 30s, 5m or 1h30m.');
  }
}

/** Checked only: it goes to the client as it is. */
export function durationText(text: string): string {
  duration(text);
  return text;
}

/** Epoch seconds, or what `Date` reads. */
export function time(text: string): number | Date {
  if (/^\d{1,16}$/.test(text)) return Number(text);
  const date = new Date(text);
  if (!Number.isNaN(date.getTime())) return date;
  throw new InvalidArgumentError('It must be epoch seconds or a time such as 2030-01-31T12:00Z.');
}

/** Of an option that may be repeated. */
export const collected = (text: string, before: readonly string[] = []): string[] => [...before, text];

export interface JobName {
  readonly queue: string;
  readonly id: string;
}

/** `QUEUE ID` or `QUEUE/ID`. */
export function jobNameOf(queue: string, id: string | undefined): JobName {
  if (id !== undefined) return { queue, id };
  const slash = queue.indexOf('/');
  if (slash > 0 && slash < queue.length - 1)
    return { queue: queue.slice(0, slash), id: queue.slice(slash + 1) };
  return fail(`which job of ${queue}? QUEUE ID or QUEUE/ID`, usageError);
}
