/** What the process is told by its environment. */
export interface StdioSettings {
  readonly url: string;
  readonly token: string;
  readonly kind: "agent" | "operator" | "secret";
  /** With a secret key: whose wallet it is about; `undefined` for the tools of operators. */
  readonly customerId: string | undefined;
}

/** Something that whoever starts the program has to change. */
export class SettingsError extends Error {
  override readonly name = "SettingsError";
}

const kinds: readonly (readonly [StdioSettings["kind"], RegExp])[] = [
  ["agent", /^chg_agent_/],
  ["operator", /^chg_operator_/],
  ["secret", /^chg_(?:test|live)_/],
];

/**
 * Reads `CHARGLY_URL`, `CHARGLY_TOKEN` and, for a secret key, `CHARGLY_CUSTOMER_ID`, unless it is an operator's.
 *
 * @param isOperator whether the tools of operators are asked for (`--operator`)
 * @throws SettingsError saying what to set; it never has the token in it
 */
export function readSettings(
  env: Readonly<Record<string, string | undefined>>,
  isOperator = false,
): StdioSettings {
  const url = env["CHARGLY_URL"] ?? "";
  const token = env["CHARGLY_TOKEN"] ?? "";
  const customerId = env["CHARGLY_CUSTOMER_ID"];
  if (!URL.canParse(url) || !/^https?:\/\//.test(url))
    throw new SettingsError(
      "Set CHARGLY_URL to the address where Chargly answers, such as https://credits.example.com.",
    );
  const kind = kinds.find(([, prefix]) => prefix.test(token))?.[0];
  if (kind === undefined || !/^[\x21-\x7e]{12,256}$/.test(token))
    throw new SettingsError(
      "Set CHARGLY_TOKEN to an agent token (chg_agent_…) or an operator token (chg_operator_…). POST /v1/agent-tokens makes one for a customer.",
    );
  const problem = isOperator
    ? problemOfOperator(kind, customerId)
    : problemOfCustomer(kind, customerId);
  if (problem !== undefined) throw new SettingsError(problem);
  return { url, token, kind, customerId };
}

type Kind = StdioSettings["kind"];

function problemOfOperator(kind: Kind, customerId: string | undefined): string | undefined {
  if (kind !== "agent" && customerId === undefined) return undefined;
  return "--operator takes an operator token (chg_operator_…) or a secret key, and no CHARGLY_CUSTOMER_ID: its tools are about the whole project.";
}

function problemOfCustomer(kind: Kind, customerId: string | undefined): string | undefined {
  if (kind === "secret" && (customerId === undefined || customerId === ""))
    return "CHARGLY_TOKEN is a secret key, which may do anything: set CHARGLY_CUSTOMER_ID to the customer whose wallet this is about, or better use an agent token. With --operator it has the tools of operators instead.";
  if (kind !== "secret" && customerId !== undefined)
    return "Take CHARGLY_CUSTOMER_ID away: a token says itself what it is about, and no other wallet can be reached with it.";
  return undefined;
}
