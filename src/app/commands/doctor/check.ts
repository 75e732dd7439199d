import { failureOf } from "../failure.js";

/** `skipped`: it could not be looked at, because something it needs has failed or is not there. */
export type CheckStatus = "ok" | "warn" | "fail" | "skipped";

export interface Check {
  readonly name: string;
  readonly status: CheckStatus;
  readonly detail: string;
  /** What to do about it; null when there is nothing to do. */
  readonly fix: string | null;
}

export type Finding = Omit<Check, "name">;

export function ok(detail: string): Finding {
  return { status: "ok", detail, fix: null };
}

export function warn(detail: string, fix: string): Finding {
  return { status: "warn", detail, fix };
}

export function fail(detail: string, fix: string): Finding {
  return { status: "fail", detail, fix };
}

export function skipped(detail: string): Finding {
  return { status: "skipped", detail, fix: null };
}

/** Looks at one thing. What it throws is a failed check that tells the reason. */
export async function check(
  name: string,
  fix: string,
  look: () => Promise<Finding>,
): Promise<Check> {
  try {
    return { name, ...(await look()) };
  } catch (error) {
    return { name, ...fail(failureOf(error).detail, fix) };
  }
}
