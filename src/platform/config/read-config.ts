import { type Config, configOf } from "./config.js";
import { crossProblems } from "./cross-rules.js";
import { describeConfig, type VariableDescription } from "./describe-config.js";
import { type ConfigProblem, invalidConfiguration } from "./problems.js";
import { type Environment, secretOf, valueOf } from "./secret-files.js";
import { unknownProblems } from "./unknown-variables.js";
import { configSchema, type VariableName } from "./variables.js";

export interface ReadConfigOptions {
  /** What this process needs besides what all need: web needs `OPERATOR_PASSWORD`. */
  readonly required?: readonly VariableName[];
}

/**
 * Reads the configuration from an environment. Throws one `invalid_configuration` that names every problem with its
 * variable and the way out. Reads the files of `NAME_FILE` variables; touches nothing else.
 */
export function readConfig(env: Environment, options: ReadConfigOptions = {}): Config {
  const problems: ConfigProblem[] = [];
  const descriptions = describeConfig();
  const values = new Map<string, string>();
  for (const { name, secret } of descriptions) {
    const value = secret
      ? secretOf(env, name, (problem) => problems.push(problem))
      : valueOf(env, name);
    if (value !== undefined) values.set(name, value);
  }
  const result = configSchema.safeParse(Object.fromEntries(values));
  const wrong = new Map(
    result.error?.issues.map(({ path, message }) => [String(path[0]), message] as const),
  );
  problems.push(...valueProblems(descriptions, values, wrong, options.required ?? []));
  problems.push(...crossProblems((name) => values.get(name)));
  problems.push(
    ...unknownProblems(
      env,
      descriptions.map(({ name }) => name),
    ),
  );
  if (result.success && problems.length === 0) return configOf(result.data);
  throw invalidConfiguration(problems);
}

function valueProblems(
  descriptions: readonly VariableDescription[],
  values: ReadonlyMap<string, string>,
  wrong: ReadonlyMap<string, string>,
  required: readonly string[],
): readonly ConfigProblem[] {
  return descriptions.flatMap(({ name, example, required: always }) => {
    const fix = `For example: ${name}=${example}`;
    const message = wrong.get(name);
    if (!values.has(name) && (always || required.includes(name))) {
      return [{ variable: name, wrong: "is not set, and it is needed", fix }];
    }
    return message === undefined ? [] : [{ variable: name, wrong: message, fix }];
  });
}
