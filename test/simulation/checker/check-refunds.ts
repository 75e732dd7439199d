import { type Findings, groupBy, uuidOf } from "./findings.js";
import type { History } from "./history.js";
import { type Act, isAnswered, isSurelyRefused } from "./journals.js";
import type { Hold, Ledger, Refund } from "./ledger.js";
import type { StripeRefund } from "./stripe.js";

/** What was answered as refunded is in the books and at Stripe, once, for what was asked; and nothing else is. */
export function checkRefunds({ journals, ledger, stripe }: History, findings: Findings): void {
  const rows = new Map(ledger.refunds.map((refund) => [refund.id, refund]));
  const sent = groupBy(
    stripe.refunds.filter(({ reference }) => reference !== undefined),
    ({ reference }) => uuidOf(reference) ?? String(reference),
  );
  const acts = journals.acts.filter(({ kind }) => kind === "refund");
  const told = new Set<string>();
  for (const act of acts.filter((each) => isAnswered(each, 201))) {
    const id = uuidOf(act.answer?.["refund"]) ?? "";
    if (told.has(id)) findings.add("wrong_answer", `refund ${act.op}: the refund of another act`);
    told.add(id);
    checkTold(act, rows.get(id), findings);
  }
  for (const row of rows.values()) checkEnd(row, sent.get(row.id) ?? [], findings);
  for (const id of sent.keys())
    if (!rows.has(id))
      findings.add("phantom", `Stripe has refund ${id}, which is not in the books`);
  checkUntold(acts, ledger, told, findings);
  const reserves = reservesByRefund(ledger);
  for (const refund of ledger.refunds)
    if (reserves.get(refund.id)?.amount !== refund.credits)
      findings.add("wrong_amount", `refund ${refund.id}: other credits were set aside`);
}

function checkTold(act: Act, row: Refund | undefined, findings: Findings): void {
  const where = `refund ${act.op}`;
  const { intent, answer } = act;
  if (row === undefined) {
    findings.add("lost", `${where}: answered, and not there`);
    return;
  }
  if (row.purchase !== uuidOf(intent["purchase"]))
    findings.add("wrong_wallet", `${where}: of another purchase`);
  const state = String(answer?.["state"]);
  if (state !== "requested" && state !== row.state)
    findings.add("lost", `${where}: was told ${state}, is ${row.state}`);
  if (state === "accepted" && answer?.["stripeRefund"] !== row.stripeRefund)
    findings.add("wrong_answer", `${where}: was told another refund of Stripe`);
  checkSums(act, row, findings);
}

/** The sums are those that were answered, and those that were asked for. */
function checkSums({ op, intent, answer }: Act, row: Refund, findings: Findings): void {
  const where = `refund ${op}`;
  const [minor, micro] = [BigInt(Number(answer?.["minor"])), BigInt(Number(answer?.["taken"]))];
  if (minor !== row.amountMinor || micro !== row.credits)
    findings.add("wrong_answer", `${where}: was told ${minor} for ${micro}`);
  const asked = BigInt(Number(intent["asked"]));
  if (intent["part"] === "amount" && asked !== row.amountMinor)
    findings.add("wrong_amount", `${where}: asked for ${asked}, sends ${row.amountMinor}`);
  if (intent["part"] === "credits" && row.credits > asked)
    findings.add("wrong_amount", `${where}: asked for ${asked}, takes ${row.credits}`);
}

/** It has ended, and Stripe has it as the books say: once, or not at all. */
function checkEnd(row: Refund, sent: readonly StripeRefund[], findings: Findings): void {
  const where = `refund ${row.id}`;
  if (!row.finished) findings.add("not_ended", `${where}: ${row.state}, and not finished`);
  if (sent.length > 1) findings.add("applied_twice", `${where}: ${sent.length} times at Stripe`);
  const [found] = sent;
  if (row.state === "failed" && found !== undefined)
    findings.add("refused_but_done", `${where}: failed, and Stripe has it`);
  if (row.state !== "accepted") return;
  if (found === undefined) findings.add("lost", `${where}: accepted, and Stripe does not have it`);
  else if (found.amountMinor !== row.amountMinor || found.id !== row.stripeRefund)
    findings.add(
      "wrong_amount",
      `${where}: Stripe has ${found.amountMinor}, not ${row.amountMinor}`,
    );
}

/** Beyond those that clients were told of there are at most as many as there are tries of which nobody knows. */
function checkUntold(
  acts: readonly Act[],
  { refunds }: Ledger,
  told: ReadonlySet<string>,
  findings: Findings,
): void {
  const unsure = groupBy(
    acts.filter((act) => !isAnswered(act, 201) && !isSurelyRefused(act)),
    ({ intent }) => uuidOf(intent["purchase"]) ?? "",
  );
  // One that failed had no effect: also a refusal may have left it.
  const untold = refunds.filter(({ id, state }) => !told.has(id) && state !== "failed");
  for (const [purchase, found] of groupBy(untold, (row) => row.purchase))
    if (found.length > (unsure.get(purchase) ?? []).length)
      findings.add("phantom", `${found.length} refunds of ${purchase} that nobody was told of`);
}

/** Each refund set credits aside when it was written, so those of a purchase are in the same order. */
export function reservesByRefund({ refunds, holds, transfers }: Ledger): ReadonlyMap<string, Hold> {
  const placed = new Map<string, bigint>();
  for (const { kind, hold, seq } of transfers)
    if (kind === "hold" && hold !== null && !placed.has(hold)) placed.set(hold, seq);
  const reserves = groupBy(
    holds
      .filter(({ purpose }) => purpose === "refund")
      .toSorted((a, b) => Number((placed.get(a.id) ?? 0n) - (placed.get(b.id) ?? 0n))),
    ({ purchase }) => purchase ?? "",
  );
  const pairs = [...groupBy(refunds, ({ purchase }) => purchase)].flatMap(([purchase, rows]) =>
    rows.flatMap((row, n) => {
      const reserve = reserves.get(purchase)?.[n];
      return reserve === undefined ? [] : [[row.id, reserve] as const];
    }),
  );
  return new Map(pairs);
}
