/** Where the server of a command is, and what its errors mean for whoever started the command. */

import { type Command, Option } from 'commander';
import { type Client, connect, PresqueError } from '../client/client.js';
import { authStatus, failure, notFoundStatus, unreachableStatus, usageError } from './exit.js';
import { createOutput, type Output, type OutputFlags } from './output.js';
import { safe } from './text.js';

export interface ConnectionFlags extends OutputFlags {
  readonly url?: string | undefined;
  readonly token?: string | undefined;
}

export interface Connection {
  readonly url: string;
  readonly token?: string;
}

/** What a command works with. Jobs and results are texts of JSON. */
export interface Session {
  readonly client: Client<{ [queue: string]: string }>;
  readonly output: Output;
  readonly url: string;
}

interface SessionOptions {
  /** How long a call is made again while no server answers. */
  readonly retryMs?: number;
}

const defaultUrl = 'http://127.0.0.1:5000';
/** A server that starts again is waited for; a person who mistyped a port is not kept waiting. */
const defaultRetryMs = 2_000;

/** The options of every command that talks to a server, after its own. */
export function addConnection(command: Command): Command {
  return command
    .addOption(new Option('--url <URL>', `where the server is (default ${defaultUrl}, PRESQUE_URL)`))
    .addOption(new Option('--token <TEXT>', 'the right to do so, if the server asks for it (PRESQUE_TOKEN)'))
    .addOption(new Option('--json', 'print JSON, one value a line'))
    .addOption(new Option('-q, --quiet', 'say nothing but data and errors'))
    .addOption(new Option('--no-color', 'no colours'));
}

/** A flag counts before its variable; an empty one says nothing. */
export function connectionOf({ url, token }: ConnectionFlags): Connection {
  const { PRESQUE_URL, PRESQUE_TOKEN } = process.env;
  const found = token || PRESQUE_TOKEN;
  return { url: url || PRESQUE_URL || defaultUrl, ...(found && { token: found }) };
}

/** Does what a command does, and ends the process when that can't be done. */
export async function withServer(
  flags: ConnectionFlags,
  act: (session: Session) => Promise<void>,
  { retryMs = defaultRetryMs }: SessionOptions = {},
): Promise<void> {
  const output = createOutput(flags);
  try {
    const connection = connectionOf(flags);
    const client = connect<{ [queue: string]: string }>({ ...connection, json: 'text', retryMs });
    await act({ client, output, url: connection.url });
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
