/** The store on the local disk: a SQLite file in a thread of its own, reached by batches of requests. */

import { Worker } from 'node:worker_threads';
import { ApiError } from '../../api/errors.js';
import type { Archive, ArchiveMethod } from '../archive.js';
import { OpenError } from '../open-error.js';
import type { Store } from '../store.js';
import type { Reply } from './commits.js';
import { type Batch, createGatherer, share } from './gather.js';
import type { Method, Request } from './methods.js';
import type { FromThread, ThreadData, ToThread } from './thread.js';

interface SqliteOptions {
  readonly path: string;
  readonly onFailure: (error: Error) => void;
}

/** Opens the file, made when it is not there. Rejects with an `OpenError` that names it when it can't be served. */
export async function openSqliteStore({ path, onFailure }: SqliteOptions): Promise<Store> {
  return storeOf(await start({ path, purpose: 'serve' }, onFailure));
}

/** Opens the file while no server has it open; one to be filled is made when it is not there. */
export async function openSqliteArchive(data: ThreadData): Promise<Archive> {
  // Who asks is told, call by call.
  const batches = await start(data, () => {});
  const method = (name: ArchiveMethod) => (args: unknown) =>
    batches.call({ method: name, now: 0, args } as Request);
  return {
    store: storeOf(batches),
    note: method('note'),
    ends: method('ends'),
    lastId: method('lastId'),
    jobs: method('jobs'),
    keys: method('keys'),
    startQueue: method('startQueue'),
    putJobs: method('putJobs'),
    putKeys: method('putKeys'),
    finishQueue: method('finishQueue'),
    putWorkers: method('putWorkers'),
  };
}

async function start(workerData: ThreadData, onFailure: SqliteOptions['onFailure']) {
  const thread = new Worker(new URL('./thread.js', import.meta.url), { workerData });
  await opened(thread);
  return createBatches(thread, onFailure);
}

function storeOf({ call, close }: ReturnType<typeof createBatches>): Store {
  const method = (name: Method) => (now: number, args?: unknown) =>
    call({ method: name, now, args } as Request);
  return {
    durability: 'fsync',
    isShared: false,
    replicas: 0,
    about: 'every answered job is on the disk',
    push: method('push'),
    take: method('take'),
    restore: method('restore'),
    settle: method('settle'),
    steer: method('steer'),
    job: method('job'),
    list: method('list'),
    purge: method('purge'),
    tend: method('tend'),
    setQueue: method('setQueue'),
    queue: method('queue'),
    queues: method('queues'),
    register: method('register'),
    unregister: method('unregister'),
    workers: method('workers'),
    // Nobody else can change what it says.
    look: async () => {},
    probe: method('probe'),
    close,
  };
}

function opened(thread: Worker): Promise<void> {
  return new Promise((resolve, reject) => {
    thread.once('error', reject);
    thread.once('message', (message: FromThread) => {
      thread.off('error', reject);
      if (typeof message === 'object' && 'refused' in message) reject(new OpenError(message.refused));
      else resolve();
    });
  });
}

/**
 * One batch is under way at a time: what is called meanwhile makes the next one, so that the slower the disk, the more goes
 * with one commit. Two batches under way were not faster (docs/decisions/0001).
 */
function createBatches(thread: Worker, onFailure: (error: Error) => void) {
  const gatherer = createGatherer();
  let underWay: Batch | undefined;
  let scheduled = false;
  let broken: ApiError | undefined;
  let closed: (() => void) | undefined;
  const tell = (message: ToThread) => thread.postMessage(message);

  function send() {
    scheduled = false;
    if (underWay || gatherer.isEmpty) return;
    underWay = gatherer.batch();
    tell(underWay.map(({ entry }) => entry));
  }

  function answer(replies: readonly Reply[]) {
    const batch = underWay ?? [];
    underWay = undefined;
    if (closed && gatherer.isEmpty) tell('close');
    send();
    for (const [index, gathered] of batch.entries()) {
      const reply = replies[index] as Reply;
      if ('result' in reply) share(gathered, reply.result);
      else for (const { reject } of gathered.callers) reject(failure(reply));
    }
  }

  function fail(cause: Error) {
    if (broken) return;
    broken = new ApiError('storage_failed', { cause });
    const batches = underWay ? [underWay] : [];
    while (!gatherer.isEmpty) batches.push(gatherer.batch());
    for (const { callers } of batches.flat()) for (const { reject } of callers) reject(broken);
    onFailure(cause);
  }

  thread.on('message', (message: FromThread) => {
    if (typeof message === 'object' && !('refused' in message)) answer(message);
  });
  thread.on('error', fail);
  thread.on('exit', (code) => {
    if (closed) closed();
    else fail(new Error(`the storage thread ended with code ${code}`));
  });

  return {
    call(request: Request): Promise<never> {
      if (broken || closed)
        return Promise.reject(broken ?? new ApiError('storage_failed', { message: 'the store is closed' }));
      return new Promise((resolve, reject) => {
        gatherer.add(request, { resolve, reject });
        if (scheduled) return;
        scheduled = true;
        setImmediate(send);
      });
    },

    close(): Promise<void> {
      if (broken) return Promise.resolve();
      return new Promise((resolve) => {
        closed = resolve;
        send();
        if (!underWay) tell('close');
      });
    },
  };
}

function failure({ code, message, cause }: Exclude<Reply, { result: unknown }>): ApiError {
  return new ApiError(code, { message, ...(cause !== undefined && { cause }) });
}
