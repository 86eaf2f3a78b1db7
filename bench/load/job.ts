// The jobs which the bench pushes: about 100 bytes, of one fixed shape, so that an id is read without JSON.parse.

/** `{"id":"r003-c0012-00000123","pad":"…"}`: round, connection, running number. */
export interface JobId {
  round: number;
  connection: number;
  sequence: number;
}

const HEAD = '{"id":"r';
const PAD = '.'.repeat(64);
const ROUND = { at: HEAD.length, digits: 3 };
const CONNECTION = { at: ROUND.at + ROUND.digits + 2, digits: 4 };
export const SEQUENCE = { at: CONNECTION.at + CONNECTION.digits + 1, digits: 8 };

export function jobText(id: JobId): string {
  const round = String(id.round).padStart(ROUND.digits, '0');
  const connection = String(id.connection).padStart(CONNECTION.digits, '0');
  const sequence = String(id.sequence).padStart(SEQUENCE.digits, '0');
  return `${HEAD}${round}-c${connection}-${sequence}","pad":"${PAD}"}`;
}

export const JOB_BYTES = jobText({ round: 0, connection: 0, sequence: 0 }).length;

/** Reads the id out of a job's bytes; undefined when they are not one of the bench's jobs. */
export function readJobId(job: Uint8Array): JobId | undefined {
  if (job.length !== JOB_BYTES) return undefined;
  const round = readDigits(job, ROUND.at, ROUND.digits);
  const connection = readDigits(job, CONNECTION.at, CONNECTION.digits);
  const sequence = readDigits(job, SEQUENCE.at, SEQUENCE.digits);
  return round < 0 || connection < 0 || sequence < 0 ? undefined : { round, connection, sequence };
}

/** Writes a number with leading zeros over `digits` bytes. */
export function writeDigits(target: Uint8Array, at: number, digits: number, value: number): void {
  let rest = value;
  for (let i = at + digits - 1; i >= at; i -= 1) {
    target[i] = 48 + (rest % 10);
    rest = Math.floor(rest / 10);
  }
}

function readDigits(source: Uint8Array, at: number, digits: number): number {
  let value = 0;
  for (let i = at; i < at + digits; i += 1) {
    const digit = (source[i] ?? 0) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
