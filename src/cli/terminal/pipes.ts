/** What happens when whoever reads what we print has gone. */

/**
 * `presque jobs ls foo | head -1` ends with 0 and without a word when `head` has gone. Talk that nobody
 * reads any more is no reason to end what is being done.
 */
export function endOnClosedPipe() {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  process.stderr.on('error', () => {});
}
