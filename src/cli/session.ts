/** What a command that talks to a server works with, and what the errors of a server mean for whoever started it. */

import { type Client, connect, PresqueError } from '../client/client.js';
import { type Connection, type ConnectionFlags, connectionOf } from './connection.js';
import { authStatus, failure, notFoundStatus, unreachableStatus, usageError } from './exit.js';
import { createOutput, type Output } from './terminal/output.js';
import { safe } from './terminal/text.js';

/** What a command works with. Jobs and results are texts of JSON. */
export interface Session {
  readonly client: Client<{ [queue: string]: string }>;
  readonly output: Output;
  readonly connection: Connection;
}

interface SessionOptions {
  /** How long a call is made again while no server answers. */
  readonly retryMs?: number;
}

/** A server that starts again is waited for; a person who mistyped a port is not kept waiting. */
const defaultRetryMs = 2_000;
/** Something else may listen there, and say nothing. */
const timeoutMs = 10_000;

/** Does what a command does, and ends the process when that can't be done. */
export async function withServer(
  flags: ConnectionFlags,
  act: (session: Session) => Promise<void>,
  { retryMs = defaultRetryMs }: SessionOptions = {},
): Promise<void> {
  const output = createOutput(flags);
  try {
    const connection = connectionOf(flags);
    const client = connect<{ [queue: string]: string }>({ ...connection, json: 'text', retryMs, timeoutMs });
    await act({ client, output, connection });
  } catch (error) {
    output.warn(safe((error as Error).message));
    process.exit(statusOf(error));
  }
}

/** The exit status that an error means. */
export function statusOf(error: unknown): number {
  // The client says so of what is wrong about an option.
  if (error instanceof TypeError) return usageError;
  if (!(error instanceof PresqueError)) return failure;
  const { code, status } = error;
  if (code === 'unreachable') return unreachableStatus;
  if (status === 401 || status === 403) return authStatus;
  // Of a server that is not presque, it says nothing.
  return status === 404 && code !== 'unexpected' ? notFoundStatus : failure;
}
