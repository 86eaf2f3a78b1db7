/**
 * Two turns of the event loop, shared by all who wait for them. A client that left right after it asked is noticed in
 * the second one: the first still handles what arrived together with the request.
 */
export function createTwoTurns(): () => Promise<void> {
  let waited: Promise<void> | undefined;
  return () => {
    waited ??= new Promise((resolve) => {
      setImmediate(() => {
        // Whoever comes now needs two turns of his own.
        waited = undefined;
        setImmediate(resolve);
      });
    });
    return waited;
  };
}
