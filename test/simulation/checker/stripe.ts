/** What Stripe says of one payment. */
export interface Payment {
  readonly session: string;
  /** The public id of the purchase that the session was made for. */
  readonly purchase: string;
  readonly isPaid: boolean;
  readonly amountMinor: bigint;
  readonly paymentIntent: string | undefined;
}

export interface Stripe {
  readonly payments: readonly Payment[];
}

type Json = Readonly<Record<string, unknown>>;

/** Asks Stripe's own API, page by page. */
export async function readStripe(url: string, key: string): Promise<Stripe> {
  const sessions = await listAll(url, key, "/v1/checkout/sessions");
  return { payments: sessions.map(toPayment) };
}

function toPayment(session: Json): Payment {
  const intent = session["payment_intent"];
  return {
    session: String(session["id"]),
    purchase: String(session["client_reference_id"]),
    isPaid: session["payment_status"] === "paid",
    amountMinor: BigInt(Number(session["amount_total"])),
    paymentIntent: typeof intent === "string" ? intent : undefined,
  };
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
