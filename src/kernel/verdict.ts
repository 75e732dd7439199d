import { Refusal, type RefusalCode, type RefusalDetails } from "./refusals.js";

/** What a pure decision answers: a value to commit, or a refusal that says why not. */
export type Verdict<T> =
  | { readonly approved: true; readonly value: T }
  | { readonly approved: false; readonly refusal: Refusal };

export function approve<T>(value: T): Verdict<T> {
  return { approved: true, value };
}

export function refuse(code: RefusalCode, details: RefusalDetails): Verdict<never> {
  return { approved: false, refusal: new Refusal(code, details) };
}

/** For use cases: the approved value, or the refusal thrown so that the transaction around it rolls back. */
export function approvedOrThrow<T>(verdict: Verdict<T>): T {
  if (verdict.approved) return verdict.value;
  throw verdict.refusal;
}
