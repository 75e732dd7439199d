import { type CharglyError, RefusedError } from "../errors/errors.js";

/** What to do with a batch that was not taken. */
export type Judgement =
  /** The event at this place can never be taken; the others can. */
  | { readonly act: "drop"; readonly at: number }
  /** Something in it can never be taken: halve it until it is found. */
  | { readonly act: "split" }
  /** Nothing is wrong with it. */
  | { readonly act: "wait" };

const badContent: ReadonlySet<number> = new Set([400, 413, 422]);

/**
 * A refusal of the content names the event by its place, `[3].credits`, or nobody knows which it is. Everything else, a wrong
 * key included, passes one day: the events wait for it.
 */
export function judgeFailure(error: CharglyError, events: number): Judgement {
  if (!(error instanceof RefusedError)) return { act: "wait" };
  const at = Number(/^\[(\d+)\]/.exec(error.param ?? "")?.[1] ?? Number.NaN);
  if (at < events) return { act: "drop", at };
  if (!badContent.has(error.status)) return { act: "wait" };
  return events === 1 ? { act: "drop", at: 0 } : { act: "split" };
}
