/** The types of every operation, inferred from the contract. */

import type { contract } from './contract.js';
import type { Infer } from './schema.js';

type Contract = typeof contract;
export type RouteName = keyof Contract;

type Fields<R extends RouteName> = Contract[R]['input'];
type Value<F> = F extends { schema: infer S } ? Infer<S> : never;

/** What an operation takes: a field is there for sure when the contract names an error for its absence. */
export type Input<R extends RouteName> = {
  [K in keyof Fields<R> as Fields<R>[K] extends { missing: string } ? K : never]: Value<Fields<R>[K]>;
} & {
  [K in keyof Fields<R> as Fields<R>[K] extends { missing: string } ? never : K]?:
    | Value<Fields<R>[K]>
    | undefined;
};

/** What an operation gives. `next` is the cursor of a list that goes on. */
export type Output<R extends RouteName> = Contract[R] extends { output: infer S }
  ? Infer<S> & (Contract[R]['answer'] extends { headers: { Link: string } } ? { next?: string } : unknown)
  : undefined;

/** One call of an operation, seen from the caller's side. */
export interface Call {
  /** Has the operation's undoing done when its answer does not reach the client. */
  undelivered(undo: () => void): void;
  /** Tells when the caller does not wait for the answer any longer. */
  onGone(run: () => void): void;
}

/** presque itself: one function per route, whoever calls it from wherever. */
export type Api = { [R in RouteName]: (input: Input<R>, call: Call) => Promise<Output<R>> };
