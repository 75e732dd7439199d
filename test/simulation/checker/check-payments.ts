import { type Findings, groupBy, sum, uuidOf } from "./findings.js";
import type { History } from "./history.js";
import { isAnswered } from "./journals.js";
import type { Ledger, Purchase, Transfer } from "./ledger.js";
import type { Payment } from "./stripe.js";

const settled: ReadonlySet<string> = new Set(["paid", "partially_refunded", "refunded"]);

/** The wallets have what the payments at Stripe imply, to the last credit. */
export function checkPayments(history: History, findings: Findings): void {
  const { ledger, stripe } = history;
  const purchases = new Map(ledger.purchases.map((purchase) => [purchase.id, purchase]));
  const grants = groupBy(
    ledger.transfers.filter(({ kind }) => kind === "purchase"),
    ({ causeId }) => causeId,
  );
  const reversals = groupBy(movedByReversals(ledger, findings), ({ purchase }) => purchase);
  for (const payment of stripe.payments) {
    const purchase = purchases.get(uuidOf(payment.purchase) ?? "");
    if (purchase === undefined) {
      findings.add("lost", `${payment.session} was made for a purchase that is not there`);
      continue;
    }
    checkGrant(payment, purchase, grants.get(purchase.id) ?? [], findings);
    checkReturned(payment, purchase, reversals.get(purchase.id) ?? [], findings);
    grants.delete(purchase.id);
    reversals.delete(purchase.id);
  }
  for (const id of reversals.keys())
    findings.add("phantom", `a reversal of ${id}, without a payment`);
  for (const id of grants.keys()) findings.add("phantom", `a grant of ${id}, without a payment`);
  checkTold(history, purchases, findings);
}

function checkGrant(
  payment: Payment,
  purchase: Purchase,
  rows: readonly Transfer[],
  findings: Findings,
): void {
  const where = `purchase ${payment.purchase} (${payment.session})`;
  const granted = sum(rows, ({ amount }) => amount);
  const due = payment.isPaid ? purchase.credits : 0n;
  if (payment.isPaid && payment.amountMinor !== purchase.amountMinor)
    findings.add("wrong_amount", `${where}: paid ${payment.amountMinor}`);
  if (granted < due) findings.add("missing_grant", `${where}: granted ${granted} of ${due}`);
  if (granted > due) findings.add("double_grant", `${where}: granted ${granted}, due ${due}`);
  if (rows.some(({ wallet }) => wallet !== purchase.wallet))
    findings.add("wrong_wallet", `${where}: granted to another wallet`);
  if (purchase.granted !== granted)
    findings.add("wallet_drift", `${where}: says ${purchase.granted}, its rows ${granted}`);
  if (payment.isPaid !== settled.has(purchase.state))
    findings.add("missing_grant", `${where}: is ${purchase.state}, paid: ${payment.isPaid}`);
  if (purchase.quarantined) findings.add("not_ended", `${where}: in quarantine`);
}

interface Moved {
  readonly purchase: string;
  /** Taken back; below zero it was given back. */
  readonly amount: bigint;
}

/** What each reversal moved, by its rows, in their order. */
function movedByReversals({ reversals, transfers }: Ledger, findings: Findings): Moved[] {
  const rows = groupBy(
    transfers.filter(({ cause }) => cause === "reversal"),
    ({ causeId }) => causeId,
  );
  const moved = reversals.map(({ id, purchase, number, amount }) => {
    const found = sum(rows.get(id) ?? [], (row) => {
      if (row.to === "stripe_clearing") return row.amount;
      return row.from === "stripe_clearing" ? -row.amount : 0n;
    });
    rows.delete(id);
    if (found !== amount)
      findings.add("wrong_amount", `reversal ${number} of ${purchase}: ${found}, not ${amount}`);
    return { purchase, amount: found };
  });
  for (const id of rows.keys())
    findings.add("phantom", `rows of reversal ${id}, which is not there`);
  return moved;
}

/** As much went back as the share of the money that went back, never more than was granted, at no time. */
function checkReturned(
  payment: Payment,
  purchase: Purchase,
  moved: readonly Moved[],
  findings: Findings,
): void {
  const where = `purchase ${payment.purchase} (${payment.session})`;
  let reversed = 0n;
  for (const { amount } of moved) {
    reversed += amount;
    if (reversed < 0n || reversed > purchase.granted)
      findings.add("over_reversal", `${where}: ${reversed} of ${purchase.granted} at one time`);
  }
  const due = dueBack(payment, purchase);
  if (reversed < due) findings.add("missing_reversal", `${where}: ${reversed} of ${due}`);
  if (reversed > due) findings.add("over_reversal", `${where}: ${reversed}, due ${due}`);
  if (purchase.reversed !== reversed)
    findings.add("wallet_drift", `${where}: says ${purchase.reversed}, its rows ${reversed}`);
}

function dueBack(payment: Payment, { credits }: Purchase): bigint {
  const { isPaid, amountMinor, refundedMinor, withheldMinor } = payment;
  if (!isPaid) return 0n;
  if (refundedMinor + withheldMinor >= amountMinor) return credits;
  return (credits * refundedMinor) / amountMinor + (credits * withheldMinor) / amountMinor;
}

/** What clients were told of checkouts still holds. */
function checkTold(
  { journals, ledger }: History,
  purchases: ReadonlyMap<string, Purchase>,
  findings: Findings,
): void {
  const customers = new Map(ledger.wallets.map(({ id, customer }) => [id, customer]));
  for (const act of journals.acts.filter(({ kind }) => kind === "checkout")) {
    if (!isAnswered(act, 201)) continue;
    const purchase = purchases.get(uuidOf(act.answer?.["purchase"]) ?? "");
    if (purchase === undefined) findings.add("lost", `checkout ${act.op}: answered, and not there`);
    else if (customers.get(purchase.wallet) !== act.intent["customer"])
      findings.add("wrong_wallet", `checkout ${act.op}: for another customer`);
  }
  for (const look of journals.looks) {
    if (look.kind !== "checkout" || look["status"] !== "paid") continue;
    const purchase = purchases.get(uuidOf(look["purchase"]) ?? "");
    if (purchase === undefined || !settled.has(purchase.state))
      findings.add("lost", `checkout ${String(look["purchase"])}: was shown as paid, and is not`);
  }
}
