/** `presque work` on a queue as the end-to-end tests use it. */

import { connect } from '../../dist/client/client.js';
import { type Finished, type Process, runPresque, startPresque } from '../support/process.js';
import { createClient } from './client.js';

export interface JobView {
  readonly state: string;
  readonly [member: string]: unknown;
}

type Options = { readonly env?: { readonly [name: string]: string }; readonly cwd?: string };

/** On the queue `sums` of the server there. */
export function createWork(url: string) {
  const client = createClient(url);
  const withUrl = ({ env, ...others }: Options = {}) => ({ ...others, env: { PRESQUE_URL: url, ...env } });
  const run = (args: readonly string[], options?: Options) => runPresque(['work', ...args], withUrl(options));
  const on = (queues: string, args: readonly string[], options?: Options) => run([queues, ...args], options);
  const text = async (id: string) => (await client.ask('GET', `/j/sums/${id}`)).text;

  return {
    client,
    /** `presque work` with these arguments, to its end. */
    run,
    /** The same, on the queue. */
    work: Object.assign(
      (args: readonly string[], options?: Options): Promise<Finished> => on('sums', args, options),
      { on },
    ),
    start: (args: readonly string[], options?: Options): Process =>
      startPresque(['work', 'sums', ...args], withUrl(options)),
    /** The new job's id. */
    async push(job: string, query = ''): Promise<string> {
      const { status, headers, text } = await client.ask('POST', `/q/sums${query}`, job);
      if (status !== 201) throw new Error(`${status} ${text}`);
      return headers['presque-job'] as string;
    },
    look: Object.assign(async (id: string) => JSON.parse(await text(id)) as JobView, { text }),
    /** Those of all jobs that are done, in the order of their ids, each read by itself. */
    async results(): Promise<unknown[]> {
      const ids: string[] = [];
      for await (const { id } of connect(url).list('sums', 'done')) ids.push(id);
      ids.sort((a, b) => Number(a) - Number(b));
      const all: unknown[] = [];
      for (const id of ids) all.push((JSON.parse(await text(id)) as JobView).result);
      return all;
    },
    counts: () => client.json('/status/sums') as Promise<{ [state: string]: number }>,
  };
}
