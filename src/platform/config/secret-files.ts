import { readFileSync, statSync } from "node:fs";
import type { ConfigProblem } from "./problems.js";

const fileBytesMax = 64 * 1024;

export type Environment = Readonly<Record<string, string | undefined>>;

/** Trims; an empty variable counts as unset, since that is how many tools write "none". */
export function valueOf(env: Environment, name: string): string | undefined {
  const value = env[name]?.trim();
  return value === "" ? undefined : value;
}

/** The value of a secret, from its variable or from the file that `NAME_FILE` names. */
export function secretOf(
  env: Environment,
  name: string,
  report: (problem: ConfigProblem) => void,
): string | undefined {
  const path = valueOf(env, `${name}_FILE`);
  const value = valueOf(env, name);
  if (path === undefined) return value;
  if (value !== undefined) {
    report({
      variable: `${name}_FILE`,
      wrong: `is set, and so is ${name}`,
      fix: "Set one of them.",
    });
    return value;
  }
  try {
    if (statSync(path).size <= fileBytesMax) return readFileSync(path, "utf8").trim() || undefined;
    report({
      variable: `${name}_FILE`,
      wrong: "names a file that is too large",
      fix: "Name a file that holds the secret alone.",
    });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "an error";
    report({
      variable: `${name}_FILE`,
      wrong: `names ${path}, which cannot be read (${code})`,
      fix: "Name a file that this process may read.",
    });
  }
  return undefined;
}
