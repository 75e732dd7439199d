import type { RefusalCode } from "../errors/refusal-codes.js";

/** The statuses of the codes that the fake refuses with. */
const statuses = {
  invalid_request: 400,
  unauthenticated: 401,
  insufficient_credits: 402,
  wallet_in_debt: 402,
  debt_limit: 402,
  wallet_frozen: 403,
  not_found: 404,
  usage_id_conflict: 409,
  hold_not_open: 409,
  hold_exceeded: 409,
  hold_limit: 409,
  quote_expired: 409,
  quote_redeemed: 409,
  conflict: 409,
  pack_not_available: 409,
  idempotency_key_reused: 422,
  unknown_event: 422,
  unpriceable_event: 422,
  wallet_spend_limit: 429,
  unavailable: 503,
} as const satisfies Partial<Record<RefusalCode, number>>;

type Code = keyof typeof statuses;
export type Members = Readonly<Record<string, unknown>>;

/** A refusal as the product would answer it. */
export class Refusal extends Error {
  readonly status: number;
  constructor(
    readonly code: Code,
    readonly detail: string,
    readonly members: Members = {},
  ) {
    super(detail);
    this.status = statuses[code];
  }
}

export function refuse(code: Code, detail: string, members?: Members): never {
  throw new Refusal(code, detail, members);
}

const decimal = /^(-?)(0|[1-9]\d{0,8})(?:\.(\d{1,6}))?$/;

/** Credits of a request in millionths. Refuses what the product refuses. */
export function creditsIn(value: unknown, param = "credits"): bigint {
  const isAmount = typeof value === "number" || typeof value === "string";
  const [, sign, whole, fraction = ""] = decimal.exec(isAmount ? String(value) : "") ?? [];
  if (whole === undefined)
    return refuse("invalid_request", "Send credits with at most six decimals.", { param });
  const micro = BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, "0"));
  return sign === "-" ? -micro : micro;
}

export function positiveCreditsIn(value: unknown, param = "credits"): bigint {
  const micro = creditsIn(value, param);
  return micro > 0n ? micro : refuse("invalid_request", "Send more than 0.", { param });
}

export function creditsOut(micro: bigint): number {
  const digits = (micro < 0n ? -micro : micro).toString().padStart(7, "0");
  return Number(`${micro < 0n ? "-" : ""}${digits.slice(0, -6)}.${digits.slice(-6)}`);
}

export function textIn(value: unknown, param: string): string {
  if (typeof value === "string" && value.trim() !== "" && value.length <= 500) return value;
  return refuse("invalid_request", `Send ${param} as text.`, { param });
}

export function optionalTextIn(value: unknown, param: string): string | null {
  return value === undefined || value === null ? null : textIn(value, param);
}

export function integerIn(value: unknown, param: string, min: number, max: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max)
    return value;
  return refuse("invalid_request", `Send ${param} as a whole number, ${min} to ${max}.`, { param });
}
