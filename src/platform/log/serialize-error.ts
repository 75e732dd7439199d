const causesMax = 4;
const stackLengthMax = 8_000;
const messageLengthMax = 2_000;
/** Fields that say what went wrong. All others stay out: drivers and SDKs hang rows and requests on their errors. */
const keptFields = ["code", "constraint", "table", "type", "statusCode", "requestId", "syscall"];
const sqlState = /^[0-9A-Z]{5}$/;

export interface LoggedError {
  readonly type: string;
  readonly message: string;
  readonly stack?: string;
  readonly cause?: LoggedError;
  readonly [field: string]: unknown;
}

/** An error for the log: bounded, with its causes, without what a library attached to it. */
export function serializeError(error: unknown, depth = 0): LoggedError {
  if (!(error instanceof Error)) return { type: typeof error, message: "a value that is no Error" };
  const kept: Record<string, unknown> = {};
  for (const field of keptFields) {
    const value: unknown = Reflect.get(error, field);
    if (typeof value === "string" || typeof value === "number") kept[field] = value;
  }
  const message = messageOf(error, kept["code"]);
  return {
    ...kept,
    type: error.name,
    message,
    stack: `${error.name}: ${message}\n${framesOf(error.stack)}`.slice(0, stackLengthMax),
    ...(error.cause === undefined || depth >= causesMax
      ? {}
      : { cause: serializeError(error.cause, depth + 1) }),
  };
}

/** Knex puts the whole statement, values included, in front of what the database said. */
function messageOf(error: Error, code: unknown): string {
  const isSql = typeof code === "string" && sqlState.test(code);
  const said = isSql ? error.message.slice(error.message.lastIndexOf(" - ") + 1) : error.message;
  return said.replace(/^- /, "").slice(0, messageLengthMax);
}

/** The frames only: the first lines of a stack repeat the message as it was. */
function framesOf(stack: string | undefined): string {
  return (stack ?? "")
    .split("\n")
    .filter((line) => /^\s+at /.test(line))
    .join("\n");
}
