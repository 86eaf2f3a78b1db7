/** Bounds that clients may rely on. */

export const limits = {
  jobsPerPush: 10_000,
  jobsPerTake: 1_000,
  queuesPerTake: 100,
  waitMs: 60_000,
  delayMs: 3_650 * 86_400_000,
  /** How long a record may be kept, or a job may wait. */
  keepMs: 3_650 * 86_400_000,
  keepCount: 1_000_000,
  shortestLeaseMs: 1_000,
  longestLeaseMs: 12 * 3_600_000,
  attempts: 1_000,
  backoffSteps: 100,
  tags: 20,
  /** Settlements in one call, and follow-up jobs of one settlement. */
  settlements: 1_000,
  followUps: 1_000,
  /** Error texts and notes are cut there, in characters. */
  noteChars: 64 * 1024,
  jobsPerList: 1_000,
  /** How many jobs one call of a bulk action acts on. */
  jobsPerBulk: 10_000,
  jobDepth: 1_000,
  queuesPerList: 100_000,
  workers: 10_000,
  workersPerList: 1_000,
  queuesPerWorker: 100,
  /** An answer with several jobs ends before the job that would make it larger than this; the first is always in. */
  answerBytes: 16 * 1024 * 1024,
  epochSeconds: 99_999_999_999,
} as const;
