import { type Findings, groupBy, sum } from "./findings.js";
import type { History } from "./history.js";
import { isAnswered, isSurelyRefused } from "./journals.js";

/** Given credits stand in the ledger under their act's name, once. */
export function checkGifts({ journals, ledger }: History, findings: Findings): void {
  const acts = journals.acts.filter(({ kind }) => kind === "give");
  const known = new Map(acts.map((act) => [act.op, act]));
  const gifts = groupBy(
    ledger.transfers.filter(({ kind }) => kind === "promotion"),
    ({ memo }) => memo ?? "",
  );
  for (const [memo, rows] of gifts) {
    const act = known.get(memo);
    if (act === undefined) findings.add("phantom", `a gift that nobody meant: ${memo}`);
    else if (rows.length > 1) findings.add("applied_twice", `gift ${memo}: ${rows.length} times`);
    else if (sum(rows, ({ amount }) => amount) !== BigInt(Number(act.intent["micro"])))
      findings.add("wrong_amount", `gift ${memo}: not what was meant`);
    if (act !== undefined && isSurelyRefused(act))
      findings.add("refused_but_done", `gift ${memo}: refused, and there`);
  }
  for (const act of acts)
    if (isAnswered(act, 201) && !gifts.has(act.op))
      findings.add("lost", `gift ${act.op}: answered, and not there`);
}
