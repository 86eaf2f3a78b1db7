/** The types of every operation, inferred from the contract. */

import type { contract } from './contract.js';
import type { Field } from './route.js';
import type { Infer } from './schema.js';

type Contract = typeof contract;
export type RouteName = keyof Contract;

type Fields = { readonly [name: string]: Field };
type Value<F> = F extends { each: infer E extends Fields }
  ? Values<E>[]
  : F extends { schema: infer S }
    ? Infer<S> | (F extends { nullable: true } ? null : never)
    : never;

/** What fields bring: one is there for sure when there is an error for its absence. */
type Values<F extends Fields> = {
  [K in keyof F as F[K] extends { missing: string } ? K : never]: Value<F[K]>;
} & {
  [K in keyof F as F[K] extends { missing: string } ? never : K]?: Value<F[K]> | undefined;
};

/** What an operation takes. */
export type Input<R extends RouteName> = Values<Contract[R]['input']>;

type Answers<A> = {
  [K in keyof A]: { answer: K } & (A[K] extends { output: infer S } ? Infer<S> : unknown);
}[keyof A];

/** Goes into headers: the cursor of a list that goes on, the tag of a policy. */
type InHeaders<A> = (A extends { headers: { Link: string } } ? { next?: string } : unknown) &
  (A extends { headers: { ETag: string } } ? { etag: string } : unknown);

/** What an operation gives. */
export type Output<R extends RouteName> = Contract[R] extends { answers: infer A }
  ? Answers<A>
  : Contract[R] extends { output: infer S }
    ? Infer<S> & (Contract[R] extends { answer: infer A } ? InHeaders<A> : unknown)
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
