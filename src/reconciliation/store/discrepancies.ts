import type { Credits } from "../../kernel/credits.js";
import { newId, type ProjectId, type WalletId } from "../../kernel/ids.js";
import type { Database, Trx } from "../../platform/db/connect.js";
import { type InsertColumns, insertRows } from "../../platform/db/insert-rows.js";
import { DiscrepancyRow } from "../models.js";
import type {
  Difference,
  Discrepancy,
  DiscrepancyClass,
  DiscrepancyId,
  DiscrepancyState,
  ReconciliationRunId,
  Run,
} from "../rules.js";

/** A difference, and whether the run is about to heal it. */
export interface FoundDifference {
  readonly difference: Difference;
  readonly willHeal: boolean;
}

type Finder = Pick<Run, "id" | "projectId" | "accountId" | "livemode">;
type NewRow = FoundDifference & { readonly id: DiscrepancyId; readonly run: Finder };

const columns: InsertColumns<NewRow> = {
  id: ["uuid", ({ id }) => id],
  project_id: ["uuid", ({ run }) => run.projectId],
  account_id: ["text", ({ run }) => run.accountId ?? ""],
  livemode: ["boolean", ({ run }) => run.livemode],
  class: ["text", ({ difference }) => difference.class],
  subject: ["text", ({ difference }) => difference.subject],
  purchase_id: ["uuid", ({ difference }) => difference.purchaseId],
  wallet_id: ["uuid", ({ difference }) => difference.walletId],
  stripe_object: ["text", ({ difference }) => difference.stripeObject],
  currency: ["text", ({ difference }) => difference.currency],
  booked_minor: ["bigint", ({ difference }) => difference.bookedMinor],
  stripe_minor: ["bigint", ({ difference }) => difference.stripeMinor],
  expected_credits: ["bigint", ({ difference }) => difference.expectedCredits],
  actual_credits: ["bigint", ({ difference }) => difference.actualCredits],
  detail: ["text", ({ difference }) => difference.detail.slice(0, detailLengthMax)],
  found_by: ["uuid", ({ run }) => run.id],
  healing_by: ["uuid", ({ run, willHeal }) => (willHeal ? run.id : null)],
};

const detailLengthMax = 500;
const figures = ["booked_minor", "stripe_minor", "expected_credits", "actual_credits", "detail"];

/**
 * Writes down what was found. What is written down already is left as it is, unless it says something else now or is about
 * to be healed for the first time: what every run tries in vain is not written by every run.
 */
export async function recordDifferences(
  trx: Trx,
  run: Finder,
  found: readonly FoundDifference[],
): Promise<void> {
  // Two charges of one purchase lead to the same double grant; one statement may write a row once.
  const distinct = new Map(
    found.map((each) => [`${each.difference.class} ${each.difference.subject}`, each] as const),
  );
  const rows = [...distinct.values()].map(
    (each): NewRow => ({ ...each, id: newId("discrepancy"), run }),
  );
  const says = (table: string): string => figures.map((name) => `${table}.${name}`).join(", ");
  await insertRows(
    trx,
    "discrepancies",
    columns,
    rows,
    `on conflict (project_id, account_id, class, subject) where state = 'open' do update
       set ${figures.map((name) => `${name} = excluded.${name}`).join(", ")},
           healing_by = coalesce(excluded.healing_by, discrepancies.healing_by)
       where (${says("discrepancies")}) is distinct from (${says("excluded")})
         or (excluded.healing_by is not null and discrepancies.healing_by is null)`,
  );
}

/** Of these subjects, what an operator has closed for good: assigned, or dismissed as it still is. */
export async function selectSettledByHand(
  db: Database | Trx,
  accountId: string | null,
  subjects: readonly string[],
): Promise<readonly Discrepancy[]> {
  if (subjects.length === 0) return [];
  const rows = await DiscrepancyRow.query(db)
    .where({ account_id: accountId ?? "" })
    .whereIn("subject", [...subjects])
    .whereIn("state", ["assigned", "dismissed"]);
  return rows.map(toDiscrepancy);
}

/** Open ones of an account that other projects of it have written down: a payment of nobody is one case, not several. */
export async function selectOpenElsewhere(
  db: Database | Trx,
  run: Finder,
  subjects: readonly string[],
): Promise<ReadonlySet<string>> {
  if (subjects.length === 0) return new Set();
  const rows = await DiscrepancyRow.query(db)
    .select("subject")
    .where({ account_id: run.accountId ?? "", state: "open", class: "orphan_payment" })
    .whereIn("subject", [...subjects])
    .whereNot({ project_id: run.projectId });
  return new Set(rows.map(({ subject }) => subject));
}

/** What a page compared, and what differs of it. */
export interface Compared {
  readonly subjects: readonly string[];
  readonly classes: readonly DiscrepancyClass[];
  readonly differences: readonly Difference[];
  /** By subject: the credits that were given or taken back, as it is now. */
  readonly credits: ReadonlyMap<string, Credits>;
}

/**
 * Closes what was open and differs no more: as healed by this run when it, or one before it, set out to heal it and nothing
 * else is wrong with its subject, else as resolved. Answers how many of each.
 */
export async function closeGone(
  trx: Trx,
  run: Finder,
  { subjects, classes, differences, credits }: Compared,
): Promise<{ readonly healed: number; readonly resolved: number }> {
  if (subjects.length === 0) return { healed: 0, resolved: 0 };
  const { rows } = await trx.raw<{ rows: { state: "healed" | "resolved" }[] }>(
    `with gone as (
       select d.id, now.credits,
         healing_by is not null and d.subject <> all(?::text[]) as is_healed
       from discrepancies d left join unnest(?::text[], ?::bigint[]) now (subject, credits) on now.subject = d.subject
       where project_id = ? and account_id = ? and state = 'open' and class = any(?::text[]) and d.subject = any(?::text[])
         and class || ' ' || d.subject <> all(?::text[])
     )
     update discrepancies d
     set state = case when is_healed then 'healed' else 'resolved' end, closed_at = clock_timestamp(),
         healing_by = case when is_healed then ? else d.healing_by end,
         healed_credits = case when is_healed then gone.credits - d.actual_credits end
     from gone where d.id = gone.id returning d.state`,
    [
      differences.map(({ subject }) => subject),
      [...credits.keys()],
      `{${[...credits.values()].join(",")}}`,
      run.projectId,
      run.accountId ?? "",
      [...classes],
      [...subjects],
      differences.map((each) => `${each.class} ${each.subject}`),
      run.id,
    ],
  );
  const healed = rows.filter(({ state }) => state === "healed").length;
  return { healed, resolved: rows.length - healed };
}

/** Subjects of what the ledger's ring has written down and nobody has closed. */
export async function selectOpenSubjects(
  db: Database | Trx,
  projectId: ProjectId,
  classes: readonly DiscrepancyClass[],
): Promise<readonly string[]> {
  const rows = await DiscrepancyRow.query(db)
    .select("subject")
    .where({ project_id: projectId, account_id: "", state: "open" })
    .whereIn("class", [...classes]);
  return rows.map(({ subject }) => subject);
}

/** How many this run is healing or has healed, so that its cap holds over a restart. */
export async function countHeals(db: Database, id: ReconciliationRunId): Promise<number> {
  const { rows } = await db.raw<{ rows: { heals: number }[] }>(
    "select count(*)::int as heals from discrepancies where healing_by = ?",
    [id],
  );
  return rows[0]?.heals ?? 0;
}

export interface DiscrepanciesQuestion {
  readonly projectId?: ProjectId | undefined;
  readonly states?: readonly DiscrepancyState[] | undefined;
  readonly class?: DiscrepancyClass | undefined;
  /** Found or healed by this run. */
  readonly runId?: ReconciliationRunId | undefined;
  /** Found before this one. */
  readonly before?: string | undefined;
  readonly limit: number;
}

/** The newest first. */
export async function selectDiscrepancies(
  db: Database | Trx,
  question: DiscrepanciesQuestion,
): Promise<readonly Discrepancy[]> {
  const { projectId, states, runId, before, limit } = question;
  const query = DiscrepancyRow.query(db).orderBy("id", "desc").limit(limit);
  if (projectId !== undefined) void query.where({ project_id: projectId });
  if (states !== undefined) void query.whereIn("state", [...states]);
  if (question.class !== undefined) void query.where({ class: question.class });
  if (runId !== undefined)
    void query.where(
      (either) => void either.where({ found_by: runId }).orWhere({ healing_by: runId }),
    );
  if (before !== undefined) void query.where("id", "<", before);
  return (await query).map(toDiscrepancy);
}

/** How many are open, by class. */
export async function countOpen(
  db: Database | Trx,
  projectId: ProjectId | undefined,
): Promise<readonly { readonly class: DiscrepancyClass; readonly open: number }[]> {
  const { rows } = await db.raw<{ rows: { class: DiscrepancyClass; open: number }[] }>(
    `select class, count(*)::int as open from discrepancies
     where state = 'open' and (?::uuid is null or project_id = ?::uuid) group by class order by class`,
    [projectId ?? null, projectId ?? null],
  );
  return rows;
}

/** Whose the wallets are, by the caller's own ids. */
export async function selectCustomers(
  db: Database | Trx,
  projectId: ProjectId,
  walletIds: readonly WalletId[],
): Promise<ReadonlyMap<WalletId, string>> {
  if (walletIds.length === 0) return new Map();
  const { rows } = await db.raw<{ rows: { id: WalletId; customerId: string }[] }>(
    `select id, customer_id as "customerId" from wallets where project_id = ? and id = any(?::uuid[])`,
    [projectId, [...walletIds]],
  );
  return new Map(rows.map(({ id, customerId }) => [id, customerId]));
}

export async function lockDiscrepancy(
  trx: Trx,
  projectId: ProjectId,
  id: DiscrepancyId,
): Promise<Discrepancy | undefined> {
  const row = await DiscrepancyRow.query(trx).findOne({ project_id: projectId, id }).forUpdate();
  return row && toDiscrepancy(row);
}

export type Closing = Pick<Discrepancy, "id"> &
  Partial<Pick<DiscrepancyRow, "walletId" | "assignedCredits" | "adjustmentId">> & {
    readonly state: "assigned" | "dismissed";
    readonly closedBy: string;
    readonly closedBecause: string;
  };

/** Closes one by hand, under its lock. */
export async function closeDiscrepancy(
  trx: Trx,
  { id, ...closing }: Closing,
): Promise<Discrepancy> {
  const row = await DiscrepancyRow.query(trx).patchAndFetchById(id, {
    ...closing,
    closedAt: trx.raw("clock_timestamp()"),
  });
  return toDiscrepancy(row);
}

/** Dismisses the oldest open payments that name no purchase of ours, and answers how many. */
export async function closeForeign(
  trx: Trx,
  of: {
    readonly projectId: ProjectId;
    readonly actor: string;
    readonly reason: string;
    readonly limit: number;
  },
): Promise<number> {
  const { rowCount } = await trx.raw<{ rowCount: number }>(
    `update discrepancies
     set state = 'dismissed', closed_by = ?, closed_because = ?, closed_at = clock_timestamp()
     where id in (select id from discrepancies
                  where project_id = ? and state = 'open' and class = 'orphan_payment' and purchase_id is null
                  order by id limit ? for update)`,
    [of.actor, of.reason, of.projectId, of.limit],
  );
  return rowCount;
}

function toDiscrepancy({
  accountId,
  adjustmentId: _adjustment,
  ...row
}: DiscrepancyRow): Discrepancy {
  return { ...row, accountId: accountId === "" ? null : accountId };
}
