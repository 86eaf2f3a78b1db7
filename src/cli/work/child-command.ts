/** What a worker's command is for one job: its words with the placeholders filled in, and its environment. */

/** The job that a child is started for. */
export interface ChildJob {
  readonly queue: string;
  readonly id: string;
  readonly attempt: number;
  /** Its JSON, as it was pushed. */
  readonly text: string;
  /** The token of its lease. */
  readonly token: string;
  readonly traceparent?: string | undefined;
}

export interface Environment {
  readonly [name: string]: string | undefined;
}

const placeholder = /\{(id|queue|attempt|file)\}/g;

/** Whether one of the words names a file that holds the job. */
export const namesFile = (words: readonly string[]) => words.some((word) => word.includes('{file}'));

/** The words with the placeholders filled in, each with what `write` makes of its value. What is filled in is not looked at again. */
export function filled(
  words: readonly string[],
  { queue, id, attempt }: ChildJob,
  file: string,
  write: (value: string) => string = (value) => value,
): string[] {
  const values: { readonly [name: string]: string } = { queue, id, attempt: `${attempt}`, file };
  return words.map((word) => word.replace(placeholder, (_, name: string) => write(values[name] as string)));
}

/** A value as one word of a shell's command. A plain one stays as it is, so that it may stand inside of quotes, too. */
export function shellWord(value: string): string {
  return /^[\w./:@%+=,-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
}

/** Our own environment, with the right to this one job in place of our token. */
export function environmentOf(ours: Environment, url: string, job: ChildJob): Environment {
  const { queue, id, attempt, token, traceparent } = job;
  const link = (verb: string) => `${url}/j/${queue}/${id}/${verb}?lease=${token}`;
  const { PRESQUE_TOKEN: _, TRACEPARENT: __, ...others } = ours;
  return {
    ...others,
    PRESQUE_URL: url,
    PRESQUE_QUEUE: queue,
    PRESQUE_JOB: id,
    PRESQUE_ATTEMPT: `${attempt}`,
    PRESQUE_LEASE: token,
    PRESQUE_DONE: link('done'),
    PRESQUE_FAIL: link('fail'),
    PRESQUE_EXTEND: link('extend'),
    PRESQUE_RELEASE: link('release'),
    ...(traceparent !== undefined && { TRACEPARENT: traceparent }),
  };
}
