import type { Database } from "../db/connect.js";

/** One line of the table `schedules`, for operators. Times are the database's. */
export interface ScheduleState {
  readonly name: string;
  readonly everySeconds: number;
  readonly nextDueAt: Date;
  readonly claimedUntil: Date | null;
  readonly lastStartedAt: Date | null;
  readonly lastFinishedAt: Date | null;
  /** Of the last run; null when it went well. */
  readonly lastError: string | null;
  readonly runs: bigint;
  /** Failed runs in a row. */
  readonly failures: number;
}

export interface Claim {
  readonly name: string;
  readonly claimId: string;
  readonly timeoutMs: number;
  /** Take it although it is not due. */
  readonly early: boolean;
}

const errorCharsMax = 2_000;
const retryFirstSeconds = 15;

/** Makes the rows of what is declared. What became more frequent is not left waiting for its old time. */
export async function registerSchedules(
  db: Database,
  schedules: readonly { readonly name: string; readonly everySeconds: number }[],
): Promise<void> {
  await db.raw(
    `insert into schedules (name, every_seconds)
     select * from unnest(?::text[], ?::int[])
     on conflict (name) do update
        set every_seconds = excluded.every_seconds,
            next_due_at = least(schedules.next_due_at,
                                clock_timestamp() + make_interval(secs => excluded.every_seconds))`,
    [schedules.map(({ name }) => name), schedules.map(({ everySeconds }) => everySeconds)],
  );
}

/** Which of these are due and free. Only a hint: the claim decides. */
export async function dueSchedules(db: Database, names: readonly string[]): Promise<string[]> {
  const answer: { rows: { name: string }[] } = await db.raw(
    `select name from schedules
      where name = any (?::text[]) and next_due_at <= clock_timestamp()
        and (claimed_until is null or claimed_until <= clock_timestamp())`,
    [[...names]],
  );
  return answer.rows.map(({ name }) => name);
}

/**
 * One atomic update: of all the schedulers that try, one gets true. `next_due_at` stays, so that a run cut off
 * by a crash is due again as soon as its claim has run out.
 */
export async function claimSchedule(db: Database, claim: Claim): Promise<boolean> {
  const answer: { rowCount: number } = await db.raw(
    `update schedules
        set claim_id = ?::uuid, last_started_at = clock_timestamp(), runs = runs + 1,
            claimed_until = clock_timestamp() + make_interval(secs => ?::float8 / 1000)
      where name = ? and (?::boolean or next_due_at <= clock_timestamp())
        and (claimed_until is null or claimed_until <= clock_timestamp())`,
    [claim.claimId, claim.timeoutMs, claim.name, claim.early],
  );
  return answer.rowCount === 1;
}

/**
 * Ends a run, unless another one claimed the schedule since. What failed comes again soon, with doubled pauses
 * up to its usual one, so that what runs once a night does not wait for the next night.
 */
export async function finishSchedule(
  db: Database,
  name: string,
  claimId: string,
  error: string | null,
): Promise<void> {
  await db.raw(
    `update schedules
        set claim_id = null, claimed_until = null, last_finished_at = clock_timestamp(),
            last_error = left(?::text, ${errorCharsMax}),
            failures = case when ?::text is null then 0 else least(failures + 1, 20) end,
            next_due_at = clock_timestamp() + make_interval(secs => case
              when ?::text is null then every_seconds
              else least(every_seconds, ${retryFirstSeconds} * 2 ^ least(failures, 16)) end)
      where name = ? and claim_id = ?::uuid`,
    [error, error, error, name, claimId],
  );
}

/** Gives a claim back unharmed: the process stops, somebody else shall run it now. */
export async function releaseSchedule(db: Database, name: string, claimId: string): Promise<void> {
  await db.raw(
    "update schedules set claim_id = null, claimed_until = null where name = ? and claim_id = ?::uuid",
    [name, claimId],
  );
}

/** All schedules the database has seen, by name. */
export async function readSchedules(db: Database): Promise<ScheduleState[]> {
  const answer: { rows: ScheduleState[] } = await db.raw(
    `select name, every_seconds as "everySeconds", next_due_at as "nextDueAt",
            claimed_until as "claimedUntil", last_started_at as "lastStartedAt",
            last_finished_at as "lastFinishedAt", last_error as "lastError", runs, failures
       from schedules order by name`,
  );
  return answer.rows;
}
