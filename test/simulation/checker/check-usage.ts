import { type Findings, groupBy, sum } from "./findings.js";
import { isAnswered, isSurelyRefused, type MeantEvent, meantEvents, namesIn } from "./journals.js";
import type { History } from "./history.js";
import type { Transfer, UsageEvent } from "./ledger.js";

/** Every accepted event is there, once, ended as its policy says, for the price that was meant. */
export function checkUsage({ journals, ledger }: History, findings: Findings): void {
  const customers = new Map(ledger.wallets.map(({ id, customer }) => [id, customer]));
  const meant = new Map(meantEvents(journals.acts).map((event) => [event.key, event]));
  const events = groupBy(ledger.events, ({ key }) => key);
  const rows = groupBy(
    ledger.transfers.filter(({ cause }) => cause === "usage"),
    ({ causeId }) => causeId,
  );
  for (const event of meant.values()) checkPromise(event, events.get(event.key) ?? [], findings);
  for (const [key, found] of events) {
    const event = meant.get(key);
    if (event === undefined) {
      findings.add("phantom", `usage ${key}: nobody meant it`);
      continue;
    }
    if (found.length > 1) findings.add("applied_twice", `usage ${key}: kept ${found.length} times`);
    for (const kept of found) {
      if (customers.get(kept.wallet) !== event.customer)
        findings.add(
          "wrong_wallet",
          `usage ${key}: in the wallet of ${customers.get(kept.wallet)}`,
        );
      checkEnd(event, kept, rows.get(kept.id) ?? [], findings);
      rows.delete(kept.id);
    }
  }
  for (const id of rows.keys()) findings.add("phantom", `rows of usage ${id}, which is not there`);
}

/** What the client was told, against whether the event is there. */
function checkPromise(event: MeantEvent, found: readonly UsageEvent[], findings: Findings): void {
  const { act, key } = event;
  if (isAnswered(act, 200, 202) && act.answer !== undefined) {
    if (found.length === 0 && !namesIn(act.answer, "conflicts").has(key))
      findings.add("lost", `usage ${key}: answered ${String(act.answer["status"])}, and not there`);
  } else if (isSurelyRefused(act) && found.length > 0) {
    findings.add("refused_but_done", `usage ${key}: refused, and there`);
  }
}

/** How the event ended, against its price and its policy. */
function checkEnd(
  event: MeantEvent,
  kept: UsageEvent,
  rows: readonly Transfer[],
  findings: Findings,
): void {
  const { key, micro } = event;
  if (kept.batch !== "applied") {
    findings.add("not_ended", `usage ${key}: its batch is ${kept.batch} ${kept.problem ?? ""}`);
    return;
  }
  if (kept.credits !== micro)
    findings.add("wrong_amount", `usage ${key}: priced ${kept.credits}, meant ${micro}`);
  const spent = rows.filter(({ to }) => to === "revenue");
  checkTaken(event, kept, spent, findings);
  checkPolicy(event, kept, spent, findings);
  checkAnswer(event, spent, findings);
}

function checkTaken(
  { key, micro }: MeantEvent,
  kept: UsageEvent,
  spent: readonly Transfer[],
  findings: Findings,
): void {
  const taken = sum(spent, ({ amount }) => amount);
  if (taken > micro) findings.add("applied_twice", `usage ${key}: took ${taken}, costs ${micro}`);
  else if (kept.outcome === "rejected" && taken > 0n)
    findings.add("refused_but_done", `usage ${key}: rejected, and took ${taken}`);
  else if (kept.outcome === null && taken < micro)
    findings.add("lost", `usage ${key}: applied, but took ${taken} of ${micro}`);
}

function checkPolicy(
  { key, micro, policy, debtLimit, hold }: MeantEvent,
  kept: UsageEvent,
  spent: readonly Transfer[],
  findings: Findings,
): void {
  if (kept.outcome === "partial" && hold === undefined && policy !== "upToAvailable")
    findings.add("wrong_policy", `usage ${key}: taken in part, but its policy is ${policy}`);
  if (kept.reason === "insufficient_credits" && kept.met !== null && kept.met >= micro)
    findings.add("unjust_refusal", `usage ${key}: refused with ${kept.met}, costs ${micro}`);
  for (const row of spent.filter(({ kind }) => kind === "overdraft"))
    if (policy !== "debt" || row.debt > debtLimit)
      findings.add("wrong_policy", `usage ${key}: owes ${row.debt}, its policy is ${policy}`);
}

/** What a single waited event was told of its balance is what its last row says. */
function checkAnswer(
  { act, key }: MeantEvent,
  spent: readonly Transfer[],
  findings: Findings,
): void {
  const { answer } = act;
  const last = spent.at(-1);
  const balance = answer?.["balance"];
  if (answer?.["state"] !== "applied" || typeof balance !== "object" || last === undefined) return;
  const told = balance as Readonly<Record<string, number>> | null;
  const taken = sum(spent, ({ amount }) => amount);
  if (BigInt(Number(answer["taken"])) !== taken)
    findings.add(
      "wrong_answer",
      `usage ${key}: was told ${String(answer["taken"])}, took ${taken}`,
    );
  if (told !== null && BigInt(told["available"] ?? -1) !== last.available)
    findings.add("wrong_answer", `usage ${key}: was told another balance than ${last.available}`);
}
