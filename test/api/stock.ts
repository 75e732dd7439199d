import { z } from "zod";
import type { Asked } from "./send.js";

/** A project that is given data through the API. */
export interface Stocked {
  readonly word: string;
  /** The caller's own id of the customer whose wallet it is about. */
  readonly customer: string;
  /** Asks with the project's key, and throws unless that succeeds. */
  readonly must: (request: Asked, headers?: Record<string, string>) => Promise<unknown>;
}

export const textFields = z.object({ id: z.string().optional() }).catchall(z.unknown());

/** Puts in data of every kind that is no purchase. */
export async function stock(tenant: Stocked) {
  const { word, customer, must } = tenant;
  await publishPacks(tenant);
  await grantAndPrice(tenant);
  const quote = await quoteSome(tenant);
  const wallet = `/v1/wallets/${customer}`;
  const correction = { credits: -3, reason: `${word} correction` };
  await must({ method: "POST", path: `${wallet}/corrections`, body: correction });
  await must({ method: "PUT", path: `${wallet}/spend-limits`, body: { perDay: 90_000 } });
  return {
    quote,
    ...(await useSome(tenant)),
    hold: await holdSome(tenant, 10),
    holdToRelease: await holdSome(tenant, 5),
    token: await linkToWallet(tenant),
    agentToken: await handToken(tenant),
    run: await compareSome(tenant),
    grantPreview: await previewSome(tenant),
  };
}

export async function publishPacks({ word, must }: Stocked): Promise<void> {
  for (const [size, credits] of [
    ["small", 500],
    ["large", 5_000],
  ] as const) {
    const price = { amount: credits, currency: "usd" };
    const body = { name: `${word} ${size}`, credits, price };
    await must({ method: "PUT", path: `/v1/credit-packs/${word}-${size}`, body });
  }
}

export async function grantAndPrice({ word, customer, must }: Stocked): Promise<void> {
  await must(
    {
      method: "POST",
      path: `/v1/wallets/${customer}/grants`,
      body: { credits: 47, reason: `${word} gift` },
    },
    { "idempotency-key": "seed" },
  );
  const price = { type: "flat", credits: 2 };
  const events = { "chat.reply": { price }, [`${word}.reply`]: { price } };
  await must({ method: "PUT", path: "/v1/rate-card", body: { events } });
}

export async function quoteSome({ customer, must }: Stocked): Promise<string> {
  const asked = { customerId: customer, event: "chat.reply", freezeSeconds: 3_600 };
  const quoted = await must({ method: "POST", path: "/v1/quotes", body: asked });
  return String(textFields.parse(quoted)["quoteId"]);
}

export async function holdSome(
  { word, customer, must }: Stocked,
  credits: number,
): Promise<string> {
  const body = { customerId: customer, credits, description: `${word} hold` };
  return textFields.parse(await must({ method: "POST", path: "/v1/holds", body })).id ?? "";
}

export async function useSome({ word, customer, must }: Stocked) {
  const usage = `${word}-usage`;
  const used = [
    { id: usage, customerId: customer, event: `${word}.reply` },
    { id: `${usage}-refused`, customerId: customer, event: `${word}.unknown` },
  ];
  await must({ method: "POST", path: "/v1/usage", body: used }, { prefer: "wait" });
  const applied = textFields.parse(await must({ method: "GET", path: `/v1/usage/${usage}` }));
  const [transaction] = z.array(z.string()).parse(applied["transactions"]);
  return { usage, transaction: transaction ?? "" };
}

export async function linkToWallet({ customer, must }: Stocked): Promise<string> {
  const path = `/v1/wallets/${customer}/links`;
  const { url } = textFields.parse(await must({ method: "POST", path, body: {} }));
  return String(url).split("/").at(-1) ?? "";
}

/** The id of an agent's token, by which its shop names it. */
export async function handToken({ word, customer, must }: Stocked): Promise<string> {
  const body = { customerId: customer, name: `${word} agent`, total: 20 };
  return textFields.parse(await must({ method: "POST", path: "/v1/agent-tokens", body })).id ?? "";
}

/** A look at the books, which waits for a worker. */
export async function compareSome({ must }: Stocked): Promise<string> {
  const body = { ring: "ledger" };
  const asked = await must({ method: "POST", path: "/v1/reconciliation/runs", body });
  return z.object({ run: z.object({ id: z.string() }) }).parse(asked).run.id;
}

export async function previewSome({ word, customer, must }: Stocked): Promise<string> {
  const path = `/v1/wallets/${customer}/grant-previews`;
  const body = { credits: 5, reason: `${word} preview` };
  return textFields.parse(await must({ method: "POST", path, body })).id ?? "";
}
