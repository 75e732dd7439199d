import { present } from "../../kernel/assert.js";
import type { ProjectId } from "../../kernel/ids.js";
import type { Database, Trx } from "../../platform/db/connect.js";
import { RunRow } from "../models.js";
import {
  type Counts,
  type Phase,
  type ReconciliationRunId,
  type Ring,
  type Run,
  type SumName,
  sumNames,
  type Sums,
} from "../rules.js";

export type NewRun = Pick<
  Run,
  | "id"
  | "projectId"
  | "ring"
  | "accountId"
  | "livemode"
  | "dryRun"
  | "windowFrom"
  | "windowTo"
  | "bridgedFrom"
  | "phase"
> & { readonly scope: string };

/** Who works at a run, and for how long nobody else may. */
export interface Lease {
  readonly id: string;
  readonly ms: number;
}

/** A run at work, whoever holds it. */
export interface RunAtWork extends Run {
  readonly isLeased: boolean;
  /** It was asked for minutes ago at most, and no worker has begun with it. */
  readonly isAwaited: boolean;
  readonly failures: number;
}

/** How long a run that was asked for waits for a worker before other projects of its account may end it. */
const awaitedSecondsMax = 300;

/** Begins a run, unless another one of its scope is at work. Without a lease it waits for whoever takes it over. */
export async function insertRun(db: Database, run: NewRun, lease: Lease | null): Promise<boolean> {
  const { rowCount } = await db.raw<{ rowCount: number }>(
    `insert into reconciliation_runs (id, project_id, ring, scope, account_id, livemode, dry_run, window_from, window_to,
       bridged_from, phase, lease_id, leased_until)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, clock_timestamp() + make_interval(secs => ?::float8 / 1000))
     on conflict (scope) where state = 'running' do nothing`,
    [
      run.id,
      run.projectId,
      run.ring,
      run.scope,
      run.accountId,
      run.livemode,
      run.dryRun,
      run.windowFrom,
      run.windowTo,
      run.bridgedFrom,
      run.phase,
      lease?.id ?? null,
      lease?.ms ?? null,
    ],
  );
  return rowCount === 1;
}

export async function findRunAtWork(db: Database, scope: string): Promise<RunAtWork | undefined> {
  const row = await RunRow.query(db)
    .select("*", db.raw("coalesce(leased_until > clock_timestamp(), false) as is_leased"))
    .select(
      db.raw(
        `lease_id is null and failures = 0 and counts = '{}'
           and started_at > clock_timestamp() - make_interval(secs => ?) as is_awaited`,
        [awaitedSecondsMax],
      ),
    )
    .findOne({ scope, state: "running" })
    .castTo<(RunRow & Pick<RunAtWork, "isLeased" | "isAwaited">) | undefined>();
  if (row === undefined) return undefined;
  const { isLeased, isAwaited, failures } = row;
  return { ...toRun(row), isLeased, isAwaited, failures };
}

/** Takes over a run whose holder is gone. False when somebody else was faster, or the holder lives. */
export async function takeRunOver(
  db: Database,
  id: ReconciliationRunId,
  lease: Lease,
): Promise<boolean> {
  const { rowCount } = await db.raw<{ rowCount: number }>(
    `update reconciliation_runs
     set lease_id = ?, leased_until = clock_timestamp() + make_interval(secs => ?::float8 / 1000)
     where id = ? and state = 'running' and (leased_until is null or leased_until <= clock_timestamp())`,
    [lease.id, lease.ms, id],
  );
  return rowCount === 1;
}

/** Says that the holder lives. False when it holds the run no more. */
export async function renewLease(
  db: Database,
  id: ReconciliationRunId,
  lease: Lease,
): Promise<boolean> {
  const { rowCount } = await db.raw<{ rowCount: number }>(
    `update reconciliation_runs set leased_until = clock_timestamp() + make_interval(secs => ?::float8 / 1000)
     where id = ? and lease_id = ?`,
    [lease.ms, id, lease.id],
  );
  return rowCount === 1;
}

/** Locks the run of whoever holds it, so that what is written with it is written by one alone. */
export async function lockHeldRun(
  trx: Trx,
  id: ReconciliationRunId,
  leaseId: string,
): Promise<boolean> {
  const { rows } = await trx.raw<{ rows: unknown[] }>(
    "select id from reconciliation_runs where id = ? and lease_id = ? for update",
    [id, leaseId],
  );
  return rows.length === 1;
}

export interface RunProgress {
  readonly phase: Phase | null;
  readonly cursor: string | null;
  readonly counts: Counts;
  readonly sums: Sums;
}

/** Writes how far the run came, under its lock. Without a phase left it is finished. */
export async function updateProgress(
  trx: Trx,
  id: ReconciliationRunId,
  { phase, cursor, counts, sums }: RunProgress,
): Promise<void> {
  const isFinished = phase === null;
  await trx.raw(
    `update reconciliation_runs
     set phase = ?, cursor = ?, counts = ?::jsonb, sums = ?::jsonb, failures = 0, problem = null
       ${isFinished ? ", state = 'finished', finished_at = clock_timestamp(), lease_id = null, leased_until = null" : ""}
     where id = ?`,
    [phase, cursor, JSON.stringify(counts), JSON.stringify(sumsToJson(sums)), id],
  );
}

/** Lets go of a run, so that the next one goes on with it at once. */
export async function releaseRun(
  db: Database,
  id: ReconciliationRunId,
  leaseId: string,
  problem: string | null,
): Promise<void> {
  await db.raw(
    `update reconciliation_runs
     set lease_id = null, leased_until = null, problem = coalesce(?, problem),
         failures = failures + ?
     where id = ? and lease_id = ?`,
    [problem, problem === null ? 0 : 1, id, leaseId],
  );
}

/** Ends a run that nobody will finish. */
export async function failRun(
  db: Database,
  id: ReconciliationRunId,
  problem: string,
): Promise<void> {
  await db.raw(
    `update reconciliation_runs
     set state = 'failed', problem = ?, finished_at = clock_timestamp(), lease_id = null, leased_until = null
     where id = ? and state = 'running' and (leased_until is null or leased_until <= clock_timestamp())`,
    [problem, id],
  );
}

/** Where the last finished run of a ring ended, or null when there was none. */
export async function selectLastWindowEnd(
  db: Database,
  projectId: ProjectId,
  ring: Ring,
  accountId: string | null,
): Promise<Date | null> {
  const { rows } = await db.raw<{ rows: { last: Date | null }[] }>(
    `select max(window_to) as last from reconciliation_runs
     where project_id = ? and ring = ? and account_id is not distinct from ? and state = 'finished' and not dry_run`,
    [projectId, ring, accountId],
  );
  return rows[0]?.last ?? null;
}

export async function findRun(
  db: Database | Trx,
  id: ReconciliationRunId,
): Promise<Run | undefined> {
  const row = await RunRow.query(db).findById(id);
  return row && toRun(row);
}

export interface RunsQuestion {
  /** Over all projects without it. */
  readonly projectId?: ProjectId | undefined;
  readonly ring?: Ring | undefined;
  /** Runs that began before this one. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/** The newest first. */
export async function selectRuns(
  db: Database | Trx,
  { projectId, ring, before, limit }: RunsQuestion,
): Promise<readonly Run[]> {
  const query = RunRow.query(db).orderBy("id", "desc").limit(limit);
  if (projectId !== undefined) void query.where({ project_id: projectId });
  if (ring !== undefined) void query.where({ ring });
  if (before !== undefined) void query.where("id", "<", before);
  return (await query).map(toRun);
}

export async function getRun(db: Database | Trx, id: ReconciliationRunId): Promise<Run> {
  return present(await findRun(db, id), "a run is never deleted");
}

function toRun({
  scope: _scope,
  leaseId: _lease,
  leasedUntil: _until,
  failures: _failures,
  sums,
  ...row
}: RunRow): Run {
  return { ...row, sums: sumsOf(sums) };
}

function sumsOf(json: RunRow["sums"]): Sums {
  const sums: Record<string, Partial<Record<SumName, bigint>>> = {};
  for (const [currency, amounts] of Object.entries(json)) {
    const ofCurrency: Partial<Record<SumName, bigint>> = {};
    for (const name of sumNames) {
      const digits = amounts[name];
      if (digits !== undefined) ofCurrency[name] = BigInt(digits);
    }
    sums[currency] = ofCurrency;
  }
  return sums;
}

function sumsToJson(sums: Sums): RunRow["sums"] {
  const json: Record<string, Partial<Record<SumName, string>>> = {};
  for (const [currency, amounts] of Object.entries(sums)) {
    const ofCurrency: Partial<Record<SumName, string>> = {};
    for (const name of sumNames) {
      const amount = amounts[name];
      if (amount !== undefined) ofCurrency[name] = amount.toString();
    }
    json[currency] = ofCurrency;
  }
  return json;
}
