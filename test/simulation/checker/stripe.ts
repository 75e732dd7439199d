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

export interface Stripe {
  readonly payments: readonly Payment[];
}

type Json = Readonly<Record<string, unknown>>;

const underWay: ReadonlySet<unknown> = new Set(["pending", "requires_action", "succeeded"]);

/** Asks Stripe's own API, page by page. */
export async function readStripe(url: string, key: string): Promise<Stripe> {
  const sessions = await listAll(url, key, "/v1/checkout/sessions");
  const refunds = groupBy(await listAll(url, key, "/v1/refunds"), intentOf);
  const disputes = groupBy(await listAll(url, key, "/v1/disputes"), intentOf);
  return {
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
    const response = await fetch(`${url}${path}?${query}`, {
      headers: { authorization: `Bearer ${key}` },
    });
    if (!response.ok) throw new Error(`Stripe answered ${response.status} to ${path}`);
    const page = (await response.json()) as { data: Json[]; has_more: boolean };
    all.push(...page.data);
    after = String(page.data.at(-1)?.["id"] ?? "");
    if (!page.has_more || after === "") return all;
  }
}
