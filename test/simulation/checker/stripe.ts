import { groupBy, sum } from "./findings.js";

/** What Stripe says of one payment. */
export interface Payment {
  readonly session: string;
  /** The public id of the purchase that the session was made for. */
  readonly purchase: string;
  readonly isPaid: boolean;
  readonly amountMinor: bigint;
  /** Refunds that took place or are on their way. */
  readonly refundedMinor: bigint;
  /** What disputes have withdrawn and not given back. */
  readonly withheldMinor: bigint;
}

/** A refund as Stripe has it. */
export interface StripeRefund {
  readonly id: string;
  readonly amountMinor: bigint;
  /** The public id of ours that it was made for; undefined when it was made elsewhere. */
  readonly reference: string | undefined;
}

/** A bank's warning of fraud. */
export interface Warning {
  readonly id: string;
  /** The public id of the purchase. */
  readonly purchase: string;
  /** Whether Stripe made an event of it. */
  readonly isTold: boolean;
  /** Whether a dispute of its payment was won: then it was no fraud, and the warning is lifted. */
  readonly isLifted: boolean;
}

export interface Stripe {
  readonly payments: readonly Payment[];
  readonly refunds: readonly StripeRefund[];
  readonly warnings: readonly Warning[];
}

type Json = Readonly<Record<string, unknown>>;

const underWay: ReadonlySet<unknown> = new Set(["pending", "requires_action", "succeeded"]);

/** Asks Stripe's own API, page by page. */
export async function readStripe(url: string, key: string): Promise<Stripe> {
  const sessions = await listAll(url, key, "/v1/checkout/sessions");
  const allRefunds = await listAll(url, key, "/v1/refunds");
  const refunds = groupBy(allRefunds, intentOf);
  const disputes = groupBy(await listAll(url, key, "/v1/disputes"), intentOf);
  const warnings = await listAll(url, key, "/v1/radar/early_fraud_warnings");
  const told = new Set((await listAll(url, key, `/v1/events?type=${warningMade}`)).map(aboutWhat));
  const bought = new Map(
    sessions.map((session) => [intentOf(session), String(session["client_reference_id"])]),
  );
  return {
    refunds: allRefunds.map((refund) => ({
      id: String(refund["id"]),
      amountMinor: minorOf(refund["amount"]),
      reference: referenceOf(refund),
    })),
    warnings: warnings.map((warning) => ({
      id: String(warning["id"]),
      purchase: bought.get(intentOf(warning)) ?? "",
      isTold: told.has(warning["id"]),
      isLifted: (disputes.get(intentOf(warning)) ?? []).some(({ status }) => status === "won"),
    })),
    payments: sessions.map((session) => ({
      session: String(session["id"]),
      purchase: String(session["client_reference_id"]),
      isPaid: session["payment_status"] === "paid",
      amountMinor: minorOf(session["amount_total"]),
      refundedMinor: sum(
        (refunds.get(intentOf(session)) ?? []).filter(({ status }) => underWay.has(status)),
        ({ amount }) => minorOf(amount),
      ),
      withheldMinor: sum(disputes.get(intentOf(session)) ?? [], withheldBy),
    })),
  };
}

function intentOf(object: Json): string {
  const intent = object["payment_intent"];
  return typeof intent === "string" ? intent : `none of ${String(object["id"])}`;
}

const warningMade = "radar.early_fraud_warning.created";

/** The id of the object that an event is about. */
function aboutWhat({ data }: Json): unknown {
  const object = typeof data === "object" && data !== null ? (data as Json)["object"] : undefined;
  return typeof object === "object" && object !== null ? (object as Json)["id"] : undefined;
}

function referenceOf({ metadata }: Json): string | undefined {
  if (typeof metadata !== "object" || metadata === null) return undefined;
  const named = (metadata as Json)["chargly_refund"];
  return typeof named === "string" ? named : undefined;
}

/** A dispute's own movements tell what it took; its status is for people. */
function withheldBy(dispute: Json): bigint {
  const moved = dispute["balance_transactions"];
  if (!Array.isArray(moved)) return 0n;
  return -sum(moved as Json[], ({ amount }) => minorOf(amount));
}

function minorOf(amount: unknown): bigint {
  return BigInt(Number(amount));
}

async function listAll(url: string, key: string, path: string): Promise<Json[]> {
  const all: Json[] = [];
  for (let after = ""; ; ) {
    const query = `limit=100${after === "" ? "" : `&starting_after=${after}`}`;
    const response = await fetch(`${url}${path}${path.includes("?") ? "&" : "?"}${query}`, {
      headers: { authorization: `Bearer ${key}` },
    });
    if (!response.ok) throw new Error(`Stripe answered ${response.status} to ${path}`);
    const page = (await response.json()) as { data: Json[]; has_more: boolean };
    all.push(...page.data);
    after = String(page.data.at(-1)?.["id"] ?? "");
    if (!page.has_more || after === "") return all;
  }
}
