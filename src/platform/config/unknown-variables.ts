import type { ConfigProblem } from "./problems.js";
import type { Environment } from "./secret-files.js";

const prefix = "CHARGLY_";
/** Kubernetes sets these in every container beside a service that is called chargly. */
const serviceLinks = /^CHARGLY_(?:SERVICE_|PORT$|PORT_\d+_)/;
/** Read by the tests, not by the product. */
const testVariables = /^CHARGLY_TEST_/;
const distanceMax = 4;

/** Variables that begin with our prefix and mean nothing: most likely misspelt, so most likely missed. */
export function unknownProblems(
  env: Environment,
  known: readonly string[],
): readonly ConfigProblem[] {
  const names = new Set(known.flatMap((name) => [name, `${name}_FILE`]));
  return Object.keys(env)
    .filter((name) => name.startsWith(prefix) && !names.has(name))
    .filter((name) => !serviceLinks.test(name) && !testVariables.test(name))
    .map((variable) => ({
      variable,
      wrong: "is not a variable of Chargly",
      fix: hint(variable, known),
    }));
}

function hint(variable: string, known: readonly string[]): string {
  const bare = variable.slice(prefix.length);
  const near = known
    .map((name) => ({ name, distance: Math.min(distance(variable, name), distance(bare, name)) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return near !== undefined && near.distance <= distanceMax
    ? `Did you mean ${near.name}?`
    : "Unset it; .env.example lists all variables.";
}

/** How many letters must be added, taken or changed to get from one word to the other. */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, at) => at);
  for (const [index, letter] of [...from].entries()) {
    const next = [index + 1];
    for (const [at, other] of [...to].entries()) {
      const change = (row[at] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(change, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
