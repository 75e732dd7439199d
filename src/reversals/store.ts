import { present } from "../kernel/assert.js";
import type { ProjectId, PurchaseId } from "../kernel/ids.js";
import type { Database, Trx } from "../platform/db/connect.js";
import { RefundRow } from "./models.js";
import type { Refund, RefundId } from "./rules.js";

type NewRefund = Omit<
  Refund,
  "state" | "stripeRefundId" | "problem" | "createdAt" | "finishedAt"
> & { readonly actor: string };

/** Whoever asks Stripe now has this long before the sweep looks after it. */
const firstLookSeconds = 60;

export async function insertRefund(trx: Trx, { money, ...refund }: NewRefund): Promise<Refund> {
  const { id, projectId, walletId, purchaseId, accountId, chargeId, credits, actor } = refund;
  await trx.raw(
    `insert into refunds (id, project_id, wallet_id, purchase_id, account_id, charge_id, amount_minor, currency,
       credits, actor, next_attempt_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, clock_timestamp() + make_interval(secs => ?))`,
    [
      id,
      projectId,
      walletId,
      purchaseId,
      accountId,
      chargeId,
      String(money.amountMinor),
      money.currency,
      String(credits),
      actor,
      firstLookSeconds,
    ],
  );
  return present(await findRefund(trx, projectId, id), "a written refund can be read");
}

export async function findRefund(
  db: Database | Trx,
  projectId: ProjectId,
  id: RefundId,
): Promise<Refund | undefined> {
  const row = await RefundRow.query(db).findOne({ project_id: projectId, id });
  return row === undefined ? undefined : toRefund(row);
}

/** Whether a refund of the purchase is under way. Under the lock of its wallet nobody begins one meanwhile. */
export async function hasUnfinished(trx: Trx, purchaseId: PurchaseId): Promise<boolean> {
  const row = await RefundRow.query(trx)
    .where({ purchase_id: purchaseId })
    .whereNull("finished_at")
    .select("id")
    .first();
  return row !== undefined;
}

/** The newest first, behind `idBefore` when given. */
export async function selectRefunds(
  db: Database | Trx,
  { projectId, purchaseId }: { readonly projectId: ProjectId; readonly purchaseId: PurchaseId },
  { idBefore, limit }: { readonly idBefore: RefundId | undefined; readonly limit: number },
): Promise<readonly Refund[]> {
  const newest = RefundRow.query(db)
    .where({ project_id: projectId, purchase_id: purchaseId })
    .orderBy("id", "desc")
    .limit(limit);
  if (idBefore !== undefined) newest.where("id", "<", idBefore);
  return (await newest).map(toRefund);
}

/** Keeps which refund at Stripe it is. Answers whether that is news. */
export async function keepAccepted(
  trx: Trx,
  id: RefundId,
  stripeRefundId: string,
): Promise<boolean> {
  const { rowCount } = await trx.raw<{ rowCount: number }>(
    "update refunds set state = 'accepted', stripe_refund_id = ? where id = ? and state = 'requested'",
    [stripeRefundId, id],
  );
  return rowCount > 0;
}

/** Ends a refund that Stripe has none of. Answers whether it was still waited for. */
export async function keepFailed(trx: Trx, id: RefundId, problem: string): Promise<boolean> {
  const { rowCount } = await trx.raw<{ rowCount: number }>(
    "update refunds set state = 'failed', problem = ?, finished_at = clock_timestamp() where id = ? and state = 'requested'",
    [problem.slice(0, problemLengthMax), id],
  );
  return rowCount > 0;
}

/** Ends a refund that Stripe has, and that was settled. */
export async function keepFinished(trx: Trx, id: RefundId): Promise<boolean> {
  const { rowCount } = await trx.raw<{ rowCount: number }>(
    "update refunds set finished_at = clock_timestamp() where id = ? and state = 'accepted' and finished_at is null",
    [id],
  );
  return rowCount > 0;
}

/** Stripe's words may be longer than a row takes. */
const problemLengthMax = 500;

/** Unfinished ones whose time to be looked at has come. Their next look is pushed away, so that two sweeps share them. */
export async function claimUnfinished(
  db: Database | Trx,
  { limit, pauseSeconds }: { readonly limit: number; readonly pauseSeconds: number },
): Promise<readonly { readonly id: RefundId; readonly projectId: ProjectId }[]> {
  const { rows } = await db.raw<{ rows: { id: RefundId; projectId: ProjectId }[] }>(
    `update refunds r set next_attempt_at = clock_timestamp() + make_interval(secs => ?)
     from (select id, wallet_id from refunds
           where finished_at is null and next_attempt_at <= clock_timestamp()
           order by next_attempt_at limit ? for update skip locked) due
     where r.id = due.id and r.wallet_id = due.wallet_id returning r.id, r.project_id as "projectId"`,
    [pauseSeconds, limit],
  );
  return rows;
}

/** Those that have been unfinished for so long, the oldest first; reads an index that holds nothing else. */
export async function selectUnfinished(
  db: Database | Trx,
  { limit, olderThanSeconds }: { readonly limit: number; readonly olderThanSeconds: number },
): Promise<readonly (Refund & { readonly livemode: boolean })[]> {
  const rows = await RefundRow.query(db)
    .select("refunds.*", "paid.livemode")
    .joinRaw(
      "cross join lateral (select livemode from purchases where id = refunds.purchase_id offset 0) paid",
    )
    .whereNull("finished_at")
    .whereRaw("created_at < clock_timestamp() - make_interval(secs => ?)", [olderThanSeconds])
    .orderBy("created_at")
    .limit(limit)
    .castTo<(RefundRow & { readonly livemode: boolean })[]>();
  return rows.map((row) => ({ ...toRefund(row), livemode: row.livemode }));
}

/** Those of one project, by the order of their ids, behind `idBefore` when given. */
export async function selectUnfinishedOf(
  db: Database,
  projectId: ProjectId,
  page: {
    readonly idBefore: string | undefined;
    readonly limit: number;
    readonly olderThanSeconds: number;
  },
): Promise<readonly Refund[]> {
  const newest = RefundRow.query(db)
    .where({ project_id: projectId })
    .whereNull("finished_at")
    .whereRaw("created_at < clock_timestamp() - make_interval(secs => ?)", [page.olderThanSeconds])
    .orderBy("id", "desc")
    .limit(page.limit);
  if (page.idBefore !== undefined) void newest.where("id", "<", page.idBefore);
  return (await newest).map(toRefund);
}

/** Lets the sweep look at an unfinished refund now. Answers whether there is one. */
export async function hastenRefund(trx: Trx, projectId: ProjectId, id: RefundId): Promise<boolean> {
  const { rowCount } = await trx.raw<{ rowCount: number }>(
    `update refunds set next_attempt_at = clock_timestamp()
     where project_id = ? and id = ? and finished_at is null`,
    [projectId, id],
  );
  return rowCount > 0;
}

/** By the clock that dated the refunds. */
export async function readNow(db: Database): Promise<Date> {
  const { rows } = await db.raw<{ rows: { now: Date }[] }>("select clock_timestamp() as now");
  return present(rows[0], "the clock answers one row").now;
}

function toRefund({ amountMinor, currency, ...row }: RefundRow): Refund {
  const { id, projectId, walletId, purchaseId, accountId, chargeId, credits } = row;
  const { state, stripeRefundId, problem, createdAt, finishedAt } = row;
  return {
    id,
    projectId,
    walletId,
    purchaseId,
    accountId,
    chargeId,
    money: { amountMinor, currency },
    credits,
    state,
    stripeRefundId,
    problem,
    createdAt,
    finishedAt,
  };
}
