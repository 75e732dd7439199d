import { type Findings, groupBy, sum, uuidOf } from "./findings.js";
import type { History } from "./history.js";
import { type Act, isAnswered, isSurelyRefused } from "./journals.js";
import type { Hold, Transfer } from "./ledger.js";

/** Every placed hold is there, once, ended, and was captured as often as clients were told, and no oftener. */
export function checkHolds({ journals, ledger }: History, findings: Findings): void {
  const placing = journals.acts.filter(({ kind }) => kind === "hold");
  const known = new Map(placing.map((act) => [act.op, act]));
  const asked = ledger.holds.filter(({ purpose }) => purpose === null);
  const holds = groupBy(asked, ({ description }) => description ?? "");
  for (const act of placing)
    if (isAnswered(act, 201) && !holds.has(act.op))
      findings.add("lost", `hold ${act.op}: answered, and not there`);
  const captures = groupBy(
    journals.acts.filter(({ kind }) => kind === "capture"),
    ({ intent }) => uuidOf(intent["hold"]) ?? "",
  );
  const rows = groupBy(
    ledger.transfers.filter(({ hold }) => hold !== null),
    ({ hold }) => hold ?? "",
  );
  for (const reserve of ledger.holds.filter(({ purpose }) => purpose !== null))
    checkBook(reserve, rows.get(reserve.id) ?? [], findings);
  for (const [op, found] of holds) {
    checkPlacing(op, known.get(op), found, findings);
    for (const hold of found) {
      checkBook(hold, rows.get(hold.id) ?? [], findings);
      checkCaptures(hold, captures.get(hold.id) ?? [], rows.get(hold.id) ?? [], findings);
    }
  }
}

function checkPlacing(
  op: string,
  act: Act | undefined,
  found: readonly Hold[],
  findings: Findings,
): void {
  if (found.length > 1) findings.add("applied_twice", `hold ${op}: placed ${found.length} times`);
  if (act === undefined) {
    findings.add("phantom", `hold ${op}: nobody meant it`);
    return;
  }
  if (isSurelyRefused(act)) findings.add("refused_but_done", `hold ${op}: refused, and there`);
  for (const { amount } of found)
    if (amount !== BigInt(Number(act.intent["micro"])))
      findings.add("wrong_amount", `hold ${op}: ${amount}`);
}

/** The hold is what its rows say, and over. */
function checkBook(hold: Hold, rows: readonly Transfer[], findings: Findings): void {
  const where = `hold ${hold.description ?? hold.id}`;
  const moved = (kind: string): bigint =>
    sum(
      rows.filter((row) => row.kind === kind),
      ({ amount }) => amount,
    );
  if (moved("hold") !== hold.amount || hold.placed !== hold.amount)
    findings.add("wrong_amount", `${where}: placed ${moved("hold")} of ${hold.amount}`);
  if (moved("capture") !== hold.captured || moved("release") !== hold.released)
    findings.add("wallet_drift", `${where}: its rows say something else than itself`);
  if (hold.ended === null) {
    // What a bank has warned of stays aside until money goes back or an operator knows better.
    if (hold.purpose !== "fraud_warning") findings.add("not_ended", `${where}: still open`);
  } else if (hold.captured + hold.released !== hold.placed)
    findings.add("wallet_drift", `${where}: ended, and not empty`);
}

function checkCaptures(
  hold: Hold,
  acts: readonly Act[],
  rows: readonly Transfer[],
  findings: Findings,
): void {
  const where = `hold ${hold.description ?? hold.id}`;
  const done = groupBy(
    rows.filter(({ cause, kind }) => cause === "capture" && kind === "capture"),
    ({ causeId }) => causeId,
  );
  for (const act of acts) {
    if (!isAnswered(act, 201)) continue;
    const id = uuidOf(act.answer?.["capture"]) ?? "";
    const held = sum(done.get(id) ?? [], ({ amount }) => amount);
    const told = BigInt(Number(act.answer?.["taken"]));
    if (held === 0n) findings.add("lost", `${where}: capture ${act.op} is not there`);
    if (held > told) findings.add("applied_twice", `${where}: capture ${act.op} took ${held}`);
    done.delete(id);
  }
  // The rest belongs to tries of which nobody knows; each may have had its effect, once.
  const unsure = acts.filter((act) => !isAnswered(act, 201) && !isSurelyRefused(act));
  if (done.size > unsure.length)
    findings.add("applied_twice", `${where}: ${done.size} captures that nobody was told of`);
}
