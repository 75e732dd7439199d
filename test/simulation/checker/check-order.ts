import { type Findings, groupBy, uuidOf } from "./findings.js";
import type { History } from "./history.js";
import { reservesByRefund } from "./check-refunds.js";
import { type Act, isAnswered, meantEvents } from "./journals.js";
import type { Transfer } from "./ledger.js";

/** Something that moved a wallet, when it can have happened by the clients' clock, and where it stands. */
interface Effect {
  readonly name: string;
  readonly wallet: string;
  /** It happened after this: the client had not asked before. */
  readonly afterMs: number;
  /** It happened before this: the client was told so. Infinity when nobody was told. */
  readonly beforeMs: number;
  /** When it was taken in to be applied later, in order; undefined for what is applied at once. */
  readonly takenMs: number | undefined;
  readonly seqFirst: bigint;
  readonly seqLast: bigint;
}

/**
 * Each wallet's history is one that its clients could have seen: what was answered before something else was asked for
 * stands before it. Usage that is applied later keeps the order in which it was taken, and stands after all that
 * was answered before it was sent.
 */
export function checkOrder(history: History, findings: Findings): void {
  for (const effects of groupBy(effectsOf(history), ({ wallet }) => wallet).values()) {
    compare(effects, ({ beforeMs }) => beforeMs, findings);
    const later = effects.filter(({ takenMs }) => takenMs !== undefined);
    compare(later, ({ takenMs = Infinity }) => takenMs, findings);
  }
}

/** Walks through both ends in the order of time: whatever ended before something began stands before it. */
function compare(
  effects: readonly Effect[],
  endOf: (effect: Effect) => number,
  findings: Findings,
): void {
  const begun = effects.toSorted((a, b) => a.afterMs - b.afterMs);
  const ended = effects.toSorted((a, b) => endOf(a) - endOf(b));
  let highest: Effect | undefined;
  let next = 0;
  for (const effect of begun) {
    for (; ; next++) {
      const over = ended[next];
      if (over === undefined || endOf(over) >= effect.afterMs) break;
      if (highest === undefined || over.seqLast > highest.seqLast) highest = over;
    }
    if (highest !== undefined && highest.seqLast > effect.seqFirst)
      findings.add(
        "not_linearizable",
        `${effect.name} stands at ${effect.seqFirst}, but ${highest.name} at ${highest.seqLast} was over before it began`,
      );
  }
}

function effectsOf(history: History): Effect[] {
  const { transfers } = history.ledger;
  const byCause = groupBy(transfers, ({ cause, causeId }) => `${cause} ${causeId}`);
  const byMemo = groupBy(
    transfers.filter(({ kind }) => kind === "promotion"),
    ({ memo }) => memo ?? "",
  );
  const reserves = reservesByRefund(history.ledger);
  const found = [
    ...usageEffects(history, byCause),
    ...history.journals.acts.map((act) => actEffect(act, { byCause, byMemo, reserves })),
  ];
  return found.filter((effect) => effect !== undefined);
}

type Rows = ReadonlyMap<string, readonly Transfer[]>;

function usageEffects({ journals, ledger }: History, byCause: Rows): (Effect | undefined)[] {
  const ids = new Map(ledger.events.map(({ key, id }) => [key, id]));
  return meantEvents(journals.acts).map(({ act, key }) => {
    const isLater = act.intent["mode"] === "later";
    const isSeen = isLater || act.intent["mode"] === "queue";
    const answered = isAnswered(act, 200, 202) ? act.answer?.ms : undefined;
    const look = act.seen.find((line) => line.kind === "usage" && line["key"] === key);
    return toEffect(`usage ${key}`, byCause.get(`usage ${ids.get(key)}`), {
      afterMs: act.intent.ms,
      beforeMs: (isSeen ? look?.ms : answered) ?? Infinity,
      takenMs: isLater ? answered : undefined,
    });
  });
}

interface Known {
  readonly byCause: Rows;
  readonly byMemo: Rows;
  readonly reserves: ReturnType<typeof reservesByRefund>;
}

function actEffect(act: Act, known: Known): Effect | undefined {
  const rows = rowsOf(act, known);
  const beforeMs = isAnswered(act, 200, 201) ? (act.answer?.ms ?? Infinity) : Infinity;
  const times = { afterMs: act.intent.ms, beforeMs, takenMs: undefined };
  return toEffect(`${act.kind} ${act.op}`, rows, times);
}

function rowsOf(act: Act, { byCause, byMemo, reserves }: Known): readonly Transfer[] | undefined {
  if (act.kind === "give") return byMemo.get(act.op);
  if (act.kind === "hold") return byCause.get(`hold ${uuidOf(act.answer?.["hold"])}`);
  if (act.kind === "capture") return byCause.get(`capture ${uuidOf(act.answer?.["capture"])}`);
  if (act.kind === "refund")
    return byCause.get(`hold ${reserves.get(uuidOf(act.answer?.["refund"]) ?? "")?.id}`);
  // Somebody else may have let it go: then the answer says that it was over, and there is nothing to compare.
  return undefined;
}

function toEffect(
  name: string,
  rows: readonly Transfer[] | undefined,
  times: Pick<Effect, "afterMs" | "beforeMs" | "takenMs">,
): Effect | undefined {
  const [first] = rows ?? [];
  const last = rows?.at(-1);
  if (first === undefined || last === undefined) return undefined;
  return { name, wallet: first.wallet, ...times, seqFirst: first.seq, seqLast: last.seq };
}
