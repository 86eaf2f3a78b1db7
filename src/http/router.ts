/** Finds the route of a request among those of the contract. */

import findMyWay from 'find-my-way';
import { contract, refusals } from '../api/contract.js';
import { ApiError, type ErrorCode, errors } from '../api/errors.js';
import type { Route } from '../api/route.js';
import type { RouteName } from '../api/types.js';
import { parseQuery, type Query } from './query.js';

export interface Found<T> {
  readonly target: T;
  readonly params: { readonly [name: string]: string | undefined };
  readonly query: Query;
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE'] as const;
type Method = (typeof methods)[number];

/** Node gives a path of this length at most. */
const maxPathLength = 64 * 1024;

/**
 * A router over the contract and some pages of one's own. `targetOf` makes what a found route leads to.
 * Throws an `ApiError` for what is not there.
 */
export function createRouter<T>(options: {
  targetOf: (name: RouteName, route: Route) => T;
  pages: { readonly [path: string]: T };
}) {
  const router = findMyWay({
    maxParamLength: maxPathLength,
    querystringParser: parseQuery as never,
    onBadUrl: () => {
      throw new ApiError('queue_invalid');
    },
  });
  /** The routes of a path and method that a query parameter chooses from, or the error of one that is refused. */
  type Choices = readonly { readonly when?: string; readonly target: T }[] | ErrorCode;
  const targets = new Map<string, { readonly when?: string; readonly target: T }[]>();

  function add(method: Method, path: string, choices: Choices) {
    router.on(method, path, () => {}, choices);
    // `/w?…` and `/status` are asked for as often as `/w/?…` and `/status/`; `/q` is `/q/`, which has no queue.
    const [, bare, queue] = /^(\/[a-z]+)\/(:queue)?$/.exec(path) ?? [];
    if (bare !== undefined && !(queue && targets.has(`${method.replace('HEAD', 'GET')} ${bare}/`)))
      router.on(method, bare, () => {}, choices);
  }

  for (const [name, route] of Object.entries(contract) as [RouteName, Route][]) {
    const key = `${route.method} ${route.path}`;
    const choice = {
      ...(route.when !== undefined && { when: route.when }),
      target: options.targetOf(name, route),
    };
    targets.set(key, [...(targets.get(key) ?? []), choice]);
  }
  for (const [key, choices] of targets) {
    const [method, path] = key.split(' ') as [Method, string];
    add(method, path, choices);
    if (method === 'GET' && !takesJobs(path)) add('HEAD', path, choices);
  }
  for (const { method, path, error } of refusals) add(method, path, error);
  for (const [path, target] of Object.entries(options.pages)) {
    add('GET', path, [{ target }]);
    add('HEAD', path, [{ target }]);
  }

  function refuse(url: string): never {
    const allowed = methods.filter((method) => {
      const found = router.find(method, url);
      return found?.store && typeof found.store !== 'string';
    });
    if (allowed.length === 0) throw new ApiError('no_route');
    throw new ApiError('method_not_allowed', { headers: ['Allow', allowed.join(', ')] });
  }

  return (method: string, url: string): Found<T> => {
    const found = router.find(method as Method, url);
    if (!found?.store) {
      if (found) found.handler(undefined as never, undefined as never, {}, undefined, {});
      return refuse(url);
    }
    const query = found.searchParams as unknown as Query;
    const choices = found.store as Choices;
    if (typeof choices === 'string') {
      throw new ApiError(choices, { message: errors[choices].sentence.replace('{method}', method) });
    }
    const choice =
      choices.length === 1 ? choices[0] : choices.find(({ when }) => when === undefined || query.has(when));
    if (!choice) throw new ApiError('no_route');
    return { target: choice.target, params: found.params, query };
  };
}

const takesJobs = (path: string) =>
  (Object.values(contract) as Route[]).some(
    (route) => route.method === 'GET' && route.path === path && route.scope === 'take',
  );
