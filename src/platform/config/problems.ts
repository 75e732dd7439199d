import { Refusal } from "../../kernel/refusals.js";

/** One thing that is wrong. No member ever holds a secret. */
export interface ConfigProblem {
  readonly variable: string;
  /** Reads on after the name: `must be a whole number …`. */
  readonly wrong: string;
  /** A sentence that says what to do. */
  readonly fix: string;
}

/** All problems at once, as the refusal that ends a process at its start. */
export function invalidConfiguration(problems: readonly ConfigProblem[]): Refusal {
  const lines = problems.map(({ variable, wrong, fix }) => `  ${variable} ${wrong}. ${fix}`);
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return new Refusal("invalid_configuration", {
    detail: `The configuration has ${count}:\n${lines.join("\n")}`,
    extra: { problems },
  });
}
