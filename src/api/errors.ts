/** The one table of errors: code, HTTP status, and the sentence that a client reads. */

export const errors = {
  invalid: { status: 400, sentence: 'request is invalid' },
  queue_invalid: { status: 400, sentence: 'queue name is invalid' },
  queue_missing: { status: 404, sentence: 'queue name is missing' },
  member_queue_missing: { status: 400, sentence: 'queue name is missing' },
  content_type: { status: 400, sentence: 'content-type must be set to application/json' },
  charset: { status: 400, sentence: 'charset must be utf-8' },
  content_encoding: { status: 415, sentence: 'content-encoding is not supported' },
  job_missing: { status: 400, sentence: 'job is missing' },
  job_invalid: { status: 400, sentence: 'job is not valid JSON' },
  job_unknown: { status: 404, sentence: 'no such job' },
  job_state: { status: 409, sentence: 'job is {state}' },
  job_dead: { status: 424, sentence: 'job is dead' },
  key_held: { status: 409, sentence: 'another job has its unique key' },
  id_missing: { status: 400, sentence: 'id is missing' },
  lease_missing: { status: 400, sentence: 'lease is missing' },
  lease_lost: { status: 409, sentence: 'lease lost' },
  state_missing: { status: 400, sentence: 'state is missing' },
  action_missing: { status: 400, sentence: 'action is missing' },
  key_reused: { status: 422, sentence: 'idempotency-key was used for another request' },
  policy_changed: { status: 412, sentence: 'policy has changed' },
  not_durable: { status: 503, sentence: 'durability can not be met' },
  queue_full: { status: 429, sentence: 'queue is full' },
  job_exists: { status: 400, sentence: 'job already exists' },
  jobs_invalid: { status: 400, sentence: 'jobs should be an array of job' },
  body_invalid: { status: 400, sentence: 'body must be a JSON object' },
  worker_missing: { status: 400, sentence: 'worker_id is missing' },
  worker_unknown: { status: 404, sentence: 'no such worker' },
  status_missing: { status: 400, sentence: 'status is missing' },
  not_in_batch_mode: { status: 400, sentence: '{method} is not supported in batch mode' },
  no_job: { status: 404, sentence: 'no job' },
  queue_closed: { status: 404, sentence: 'queue is closed' },
  no_route: { status: 404, sentence: 'no such route' },
  method_not_allowed: { status: 405, sentence: 'method is not allowed' },
  too_large: { status: 413, sentence: 'body is too large' },
  expectation: { status: 417, sentence: 'expectation is not supported' },
  headers_too_large: { status: 431, sentence: 'request headers are too large' },
  request_timeout: { status: 408, sentence: 'request took too long to arrive' },
  malformed: { status: 400, sentence: 'request is not valid HTTP' },
  foreign_site: { status: 403, sentence: 'request comes from another site' },
  wrong_host: { status: 421, sentence: 'host is not served here' },
  storage_full: { status: 507, sentence: 'storage is full' },
  storage_failed: { status: 503, sentence: 'storage does not work' },
  busy: { status: 503, sentence: 'server is busy' },
  stopping: { status: 503, sentence: 'server is stopping' },
  internal: { status: 500, sentence: 'internal error' },
} as const satisfies { [code: string]: { status: number; sentence: string } };

export type ErrorCode = keyof typeof errors;

/** An error that is told to the client: its code fixes the status, its message is the sentence. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: ErrorCode;
  readonly status: number;
  /** Header fields to send along, such as `Allow`. */
  readonly headers: readonly string[];

  constructor(
    code: ErrorCode,
    options: { message?: string; headers?: readonly string[]; cause?: unknown } = {},
  ) {
    super(options.message ?? errors[code].sentence, { cause: options.cause });
    this.code = code;
    this.status = errors[code].status;
    this.headers = options.headers ?? [];
  }
}
