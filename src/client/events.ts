/** Listeners by the name of an event. */

type Listener<A extends readonly unknown[]> = (...args: A) => void;

export interface Events<E extends { readonly [event: string]: readonly unknown[] }> {
  on<N extends keyof E>(event: N, listener: Listener<E[N]>): void;
  off<N extends keyof E>(event: N, listener: Listener<E[N]>): void;
  /** Whoever listens badly stops nobody: what a listener throws goes to those of `error`, what these throw to nobody. */
  tell<N extends keyof E>(event: N, ...args: E[N]): void;
}

export function createEvents<
  E extends { readonly [event: string]: readonly unknown[]; error: [unknown] },
>(): Events<E> {
  const listeners = new Map<keyof E, Set<Listener<never>>>();
  const of = (event: keyof E) => listeners.get(event) ?? new Set();

  function tell<N extends keyof E>(event: N, ...args: E[N]) {
    const tellError = (error: unknown) => {
      if (event !== 'error') tell('error', ...([error] as E['error']));
    };
    for (const listener of [...of(event)] as Listener<E[N]>[]) {
      try {
        const told: unknown = listener(...args);
        if (told instanceof Promise) told.catch(tellError);
      } catch (error) {
        tellError(error);
      }
    }
  }

  return {
    on: (event, listener) => void listeners.set(event, of(event).add(listener)),
    off: (event, listener) => void of(event).delete(listener),
    tell,
  };
}
