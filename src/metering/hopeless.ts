import { AssertionFailed } from "../kernel/assert.js";
import { databaseErrorKind } from "../platform/db/errors.js";

/**
 * What the events themselves break: a rule of ours, or one of the database. Everything else (an outage, another
 * transaction, a version of this program that does not fit the database) would befall every batch alike, and is tried
 * again.
 */
export function isHopeless(error: unknown): boolean {
  return error instanceof AssertionFailed || databaseErrorKind(error) === "constraint";
}

const problemLengthMax = 1_000;

/** What is told to the person who looks at it. knex puts the statement before what the database said. */
export function problemOf(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  return (said.split(" - ").at(-1) ?? "").slice(0, problemLengthMax);
}
