/** What comes of calls is told in the order in which they were made, whichever is answered first. */

export function createLanes() {
  /** The end of each lane that has somebody in it. */
  const ends = new Map<string, Promise<unknown>>();

  async function inTurn<T>(lane: string, first: Promise<T>, tell: (value: T) => void): Promise<T> {
    const before = ends.get(lane);
    const told = (async () => {
      const [value] = await Promise.all([first, before]);
      tell(value);
      return value;
    })();
    const end = told.then(
      () => {},
      () => before,
    );
    ends.set(lane, end);
    end.finally(() => {
      if (ends.get(lane) === end) ends.delete(lane);
    });
    return told;
  }

  return {
    /** Resolves as `first` does, after it was told; not before those that came earlier in the same lane. */
    inTurn,

    /** Calls when those that came earlier in the lane are told. */
    async afterOthers<T>(lane: string, call: () => Promise<T>): Promise<T> {
      let made: Promise<T> | undefined;
      await inTurn(lane, nothing, () => {
        made = call();
      });
      return made as Promise<T>;
    },
  };
}

const nothing = Promise.resolve();
