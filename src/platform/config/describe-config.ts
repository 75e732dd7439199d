import { configSchema } from "./variables.js";

export interface VariableDescription {
  readonly name: string;
  readonly about: string;
  readonly required: boolean;
  /** As text; `undefined` when the variable may simply be unset. */
  readonly default: string | undefined;
  readonly example: string;
  /** Secrets may also come from a file that `NAME_FILE` names, as Docker secrets do. */
  readonly secret: boolean;
}

/** Every variable, in reading order: the table for the documentation and for `.env.example`. */
export function describeConfig(): readonly VariableDescription[] {
  return Object.entries(configSchema.shape).map(([name, schema]) => {
    const meta = schema.meta() ?? {};
    const text = (field: string): string | undefined => {
      const value: unknown = meta[field];
      return typeof value === "string" ? value : undefined;
    };
    return {
      name,
      about: text("about") ?? "",
      required: meta["required"] === true,
      default: text("defaultText"),
      example: text("example") ?? "",
      secret: meta["secret"] === true,
    };
  });
}
