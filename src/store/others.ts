/** How the servers that share a store meet. */

import type { Clock } from '../clock.js';

export interface Others extends Pick<Clock, 'after'> {
  /** No other server has this name. */
  readonly name: string;
  /** Told of a queue into which another server may have put jobs, or of the jobs that ended there and somebody may wait for. */
  readonly onNews: (queue: string, ended?: readonly string[] | 'all') => void;
}
