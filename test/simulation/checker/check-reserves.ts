import { type Findings, groupBy, uuidOf } from "./findings.js";
import type { History } from "./history.js";
import type { Hold, Transfer, Warned } from "./ledger.js";

/**
 * What the product sets aside of a purchase lies in that purchase's own lot, for a reason that is there: as many as there
 * were refunds, and a warning of fraud. What was warned of is set aside, unless nothing was left of it.
 */
export function checkReserves({ ledger, stripe }: History, findings: Findings): void {
  const lots = new Map(ledger.lots.map((lot) => [lot.purchase, lot]));
  const byHold = groupBy(ledger.transfers, ({ hold }) => hold);
  const warned = new Set(stripe.warnings.map(({ purchase }) => uuidOf(purchase)));
  const refunds = groupBy(ledger.refunds, ({ purchase }) => purchase);
  const reserves = groupBy(
    ledger.holds.filter(({ purpose }) => purpose !== null),
    ({ purchase, purpose }) => `${purpose} ${purchase}`,
  );
  for (const [name, found] of reserves) {
    const purchase = found[0]?.purchase ?? "";
    const asked = refunds.get(purchase)?.length ?? 0;
    if (name.startsWith("refund") ? found.length !== asked : !warned.has(purchase))
      findings.add("phantom", `${found.length} reserves ${name}, for no reason`);
    for (const reserve of found)
      checkPlace(reserve, lots.get(purchase)?.lot, byHold.get(reserve.id) ?? [], findings);
  }
  checkWarned({ ledger, stripe }, new Set(reserves.keys()), findings);
}

/**
 * What a warning was about was set aside, unless nothing was left of it at some moment while it was looked at, or a
 * dispute was won: whoever hears of the warning after that sets nothing aside.
 */
function checkWarned(
  { ledger, stripe }: Pick<History, "ledger" | "stripe">,
  reserves: ReadonlySet<string>,
  findings: Findings,
): void {
  const lots = new Map(ledger.lots.map((lot) => [lot.purchase, lot]));
  const ofLot = groupBy(ledger.transfers, ({ wallet, lot }) => `${wallet} lot ${lot}`);
  const purchases = new Map(stripe.warnings.map(({ id, purchase }) => [id, uuidOf(purchase)]));
  const looked = new Set(ledger.warned.map(({ warning }) => warning));
  for (const { id, isTold } of stripe.warnings)
    if (isTold && !looked.has(id))
      findings.add("lost", `warning ${id}: Stripe told of it, and nobody looked at it`);
  const lifted = new Set(stripe.warnings.flatMap(({ id, isLifted }) => (isLifted ? [id] : [])));
  for (const warning of ledger.warned) {
    if (lifted.has(warning.warning)) continue;
    const purchase = purchases.get(warning.warning);
    const lot = lots.get(purchase ?? "");
    if (lot === undefined || reserves.has(`fraud_warning ${purchase}`)) continue;
    const rows = ofLot.get(`${lot.wallet} lot ${lot.lot}`) ?? [];
    if (leastFree(rows, warning) > 0n)
      findings.add("not_frozen", `${warning.warning}: credits of ${purchase} were never set aside`);
  }
}

function checkPlace(
  reserve: Hold,
  lot: number | undefined,
  rows: readonly Transfer[],
  findings: Findings,
): void {
  if (rows.some((row) => row.wallet !== reserve.wallet || row.lot !== lot))
    findings.add("wrong_lot", `reserve ${reserve.id}: beside the lot of ${reserve.purchase}`);
}

/** Clocks of one database, but a row is dated when its transaction begins. */
const slackMs = 10_000;

/** The least that was free in a lot while a warning was looked at: only when there was something all the time, it was missed. */
function leastFree(rows: readonly Transfer[], { receivedMs, finishedMs }: Warned): bigint {
  let [free, before, least] = [0n, 0n, undefined as bigint | undefined];
  for (const { from, to, amount, atMs } of rows) {
    free += (to === "available" ? amount : 0n) - (from === "available" ? amount : 0n);
    if (atMs < receivedMs - slackMs) before = free;
    else if (atMs <= finishedMs + slackMs && (least === undefined || free < least)) least = free;
  }
  return least === undefined || before < least ? before : least;
}
