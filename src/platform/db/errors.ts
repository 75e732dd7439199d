/** What a failure of the database means for whoever asked. */
export type DatabaseErrorKind =
  /** The server cannot be reached, does not answer, or takes no work: try again later. */
  | "unavailable"
  /** Another transaction won; the same work may succeed when it is run again. */
  | "conflict"
  | "lock_timeout"
  | "statement_timeout"
  /** The data would break a rule; see {@link constraintName}. */
  | "constraint"
  | "other";

const causesMax = 5;

const kindByState: Readonly<Record<string, DatabaseErrorKind>> = {
  "40001": "conflict", // serialization_failure
  "40P01": "conflict", // deadlock_detected
  "55P03": "lock_timeout", // lock_not_available
  "57014": "statement_timeout", // query_canceled
  "25P03": "unavailable", // idle_in_transaction_session_timeout
  "25006": "unavailable", // read_only_sql_transaction: a standby, during a failover
  "57P01": "unavailable", // admin_shutdown
  "57P02": "unavailable", // crash_shutdown
  "57P03": "unavailable", // cannot_connect_now
  "57P05": "unavailable", // idle_session_timeout
};

/** SQLSTATE classes: 08 connection, 53 resources (connections, memory, disk), 23 integrity constraint. */
const kindByClass: Readonly<Record<string, DatabaseErrorKind>> = {
  "08": "unavailable",
  "53": "unavailable",
  "23": "constraint",
};

const systemCodes = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);

/** pg and knex say these without a code; knex puts the statement and a dash before them. */
const lostConnection = new RegExp(
  `(?:^| - )(?:${[
    "timeout expired",
    "Query read timeout",
    "Connection terminated(?: unexpectedly| due to connection timeout)?",
    "Client has encountered a connection error and is not queryable",
    "Client was closed and is not queryable",
    "Knex: Timeout acquiring a connection\\..*",
  ].join("|")})$`,
);

/** Sorts an error of knex, objection or pg. Never throws, whatever it is given. */
export function databaseErrorKind(error: unknown): DatabaseErrorKind {
  for (const each of chain(error)) {
    const kind = kindOf(each);
    if (kind !== "other") return kind;
  }
  return "other";
}

/** The name of the constraint that a statement broke, such as `wallets_available_check`. */
export function constraintName(error: unknown): string | undefined {
  for (const each of chain(error)) {
    const name = field(each, "constraint");
    if (typeof name === "string" && name !== "") return name;
  }
  return undefined;
}

function kindOf(error: object): DatabaseErrorKind {
  const code = field(error, "code");
  if (typeof code === "string") {
    if (systemCodes.has(code)) return "unavailable";
    const kind =
      code.length === 5 ? (kindByState[code] ?? kindByClass[code.slice(0, 2)]) : undefined;
    if (kind !== undefined) return kind;
  }
  const message = field(error, "message");
  return typeof message === "string" && lostConnection.test(message) ? "unavailable" : "other";
}

/** The error and what caused it; objection keeps pg's error in `nativeError`. */
function chain(error: unknown): object[] {
  const found: object[] = [];
  let each = error;
  while (typeof each === "object" && each !== null && found.length < causesMax) {
    found.push(each);
    each = field(each, "nativeError") ?? field(each, "cause");
  }
  return found;
}

function field(owner: object, name: string): unknown {
  return Reflect.get(owner, name);
}
