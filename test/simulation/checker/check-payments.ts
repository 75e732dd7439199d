import { type Findings, groupBy, sum, uuidOf } from "./findings.js";
import type { History } from "./history.js";
import { isAnswered } from "./journals.js";
import type { Purchase, Transfer } from "./ledger.js";
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
  for (const payment of stripe.payments) {
    const purchase = purchases.get(uuidOf(payment.purchase) ?? "");
    if (purchase === undefined) {
      findings.add("lost", `${payment.session} was made for a purchase that is not there`);
      continue;
    }
    checkGrant(payment, purchase, grants.get(purchase.id) ?? [], findings);
    grants.delete(purchase.id);
  }
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
