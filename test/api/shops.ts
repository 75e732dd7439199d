import { randomBytes } from "node:crypto";
import Stripe from "stripe";
import { z } from "zod";
import type { Purchase } from "../../src/checkout/rules.js";
import { settlePurchase } from "../../src/checkout/settle-purchase.js";
import { startCheckout } from "../../src/checkout/start-checkout.js";
import { present } from "../../src/kernel/assert.js";
import { parsePublicId, type ProjectId, publicId } from "../../src/kernel/ids.js";
import { encodeCursor } from "../../src/kernel/page.js";
import { reply } from "../../src/platform/http/reply.js";
import type { StripeCredentials } from "../../src/platform/stripe-client/stripe-clients.js";
import { createApiKey } from "../../src/tenancy/create-api-key.js";
import { createProject } from "../../src/tenancy/create-project.js";
import { scopes } from "../../src/tenancy/rules.js";
import { saveStripeConnection } from "../../src/tenancy/save-stripe-connection.js";
import { sessionOf, type TestStack } from "../support/stack.js";
import { type Asked, type Raw, send } from "./send.js";

/** What a value in a request can name. */
export const kinds = [
  "customer",
  "apiKey",
  "quote",
  "hold",
  "holdToRelease",
  "event",
  "usage",
  "transaction",
  "pack",
  "packCursor",
  "purchase",
  "refundable",
  "session",
  "token",
  "origin",
] as const;
export type Kind = (typeof kinds)[number];
export type Names = Readonly<Record<Kind, string>>;

/** A project with a key that may do everything, and data of every kind. */
export interface Shop {
  readonly projectId: ProjectId;
  readonly key: string;
  readonly names: Names;
  /** Every text by which its data could be recognised in somebody else's answer. */
  readonly marks: readonly string[];
  readonly ask: (request: Asked, headers?: Readonly<Record<string, string>>) => Promise<Raw>;
}

const hex = () => randomBytes(12).toString("hex");

/** A test project that sold one pack and is selling another, through the API and the simulator. */
export async function openShop(stack: TestStack, word: string): Promise<Shop> {
  const shop = await openTenant(stack, word, "test");
  const paid = await shop.buy(`${word}-small`);
  await stack.simulator.control.pay(paid.session);
  await shop.must({ method: "GET", path: `/v1/checkouts/${paid.id}?wait=20` });
  await giveSomeBack(stack, shop.projectId, paid);
  const refundable = await shop.buy(`${word}-small`);
  await stack.simulator.control.pay(refundable.session);
  const amount = { amount: 1, currency: "usd" };
  const path = `/v1/purchases/${refundable.id}/refunds`;
  await shop.must({ method: "POST", path, body: { amount } });
  const open = await shop.buy(`${word}-large`);
  const bought = { purchase: paid.id, session: paid.session, refundable: refundable.id };
  return shop.finish(bought, [open.id, open.session]);
}

/** A cent is refunded, and a dispute about another one is open. */
async function giveSomeBack(
  { ctx, simulator: { control } }: TestStack,
  projectId: ProjectId,
  paid: { readonly id: string; readonly session: string },
): Promise<void> {
  const { payment_intent: intent } = await control.patchObject(paid.session, {});
  const payment = { paymentIntent: String(intent), amount: 1 };
  await control.refund(payment);
  await control.dispute(payment);
  const purchaseId = present(parsePublicId("purchase", paid.id), "a checkout names its purchase");
  await settlePurchase(ctx, projectId, purchaseId);
}

/**
 * A live project. The app under test sends no live key to a simulator, so its checkout is started with a client that
 * does, and stays open.
 */
export async function openLiveShop(stack: TestStack, word: string): Promise<Shop> {
  const shop = await openTenant(stack, word, "live");
  const { hostname: host, port } = new URL(stack.simulator.url);
  const stripeClients = ({ secretKey }: StripeCredentials) =>
    new Stripe(secretKey, { host, port, protocol: "http" });
  const order = {
    customerId: `${word}_customer`,
    creditPackCode: `${word}-small`,
    successUrl: null,
    cancelUrl: null,
    allowPromotionCodes: false,
  };
  let made: Purchase | undefined;
  await startCheckout(
    { ...stack.ctx, stripeClients },
    { projectId: shop.projectId, order, idempotency: undefined },
    (purchase) => {
      made = purchase;
      return reply.ok({});
    },
  );
  if (made === undefined) throw new Error("no checkout was started");
  const session = sessionOf(made.checkoutUrl);
  const purchase = publicId("purchase", made.id);
  return shop.finish({ purchase, session, refundable: purchase }, []);
}

async function openTenant(stack: TestStack, word: string, mode: "test" | "live") {
  const { ctx } = stack;
  const allowedOrigins = [`https://${word}.example.com`];
  const project = await createProject(ctx, { name: `${word} shop`, mode, allowedOrigins }, "test");
  const { secret: key, id: keyId } = await createApiKey(
    ctx,
    project,
    { name: word, scopes },
    "test",
  );
  const apiKey = publicId("apiKey", keyId);
  const stripeKey = `sk_${mode}_${word}${hex()}`;
  const accountId =
    mode === "test"
      ? String((await stack.simulator.control.account(stripeKey))["id"])
      : `acct_${word}`;
  const connection = { secretKey: stripeKey, accountId, connectedAccount: null, endpointId: null };
  const webhookSecret = `whsec_${word}${hex()}`;
  await saveStripeConnection(
    ctx,
    project,
    { ...connection, webhookSecrets: [webhookSecret] },
    "test",
  );
  const ask: Shop["ask"] = (request, headers) =>
    send(stack.url, request, { authorization: `Bearer ${key}`, ...headers });
  const must = async (request: Asked, headers?: Record<string, string>) => {
    const answer = await ask(request, headers);
    if (answer.status >= 300) throw new Error(`${request.path}: ${answer.status} ${answer.text}`);
    return answer.json;
  };
  const customer = `${word}_customer`;
  const stocked = await stock({ word, customer, must });
  const { url } = textFields.parse(
    await must({ method: "POST", path: `/v1/wallets/${customer}/links`, body: {} }),
  );
  const names = {
    ...stocked,
    customer,
    apiKey,
    pack: `${word}-small`,
    packCursor: encodeCursor(`${word}-large`),
    token: String(url).split("/").at(-1) ?? "",
    origin: `https://${word}.example.com/back`,
  };
  return {
    projectId: project.id,
    must,
    buy: async (creditPackCode: string) => {
      const body = { customerId: customer, creditPackCode };
      const { id = "", checkoutUrl } = textFields.parse(
        await must({ method: "POST", path: "/v1/checkouts", body }),
      );
      return { id, session: sessionOf(checkoutUrl) };
    },
    finish: (
      bought: Pick<Names, "purchase" | "session" | "refundable">,
      more: readonly string[],
    ): Shop => ({
      projectId: project.id,
      key,
      names: { ...names, ...bought },
      marks: [
        word,
        key,
        accountId,
        project.id,
        publicId("project", project.id),
        names.token,
        apiKey,
        ...Object.values(stocked),
        ...Object.values(bought),
        ...more,
      ],
      ask,
    }),
  };
}

const textFields = z.object({ id: z.string().optional() }).catchall(z.unknown());

interface Stocked {
  readonly word: string;
  readonly customer: string;
  readonly must: (request: Asked, headers?: Record<string, string>) => Promise<unknown>;
}

async function stock({
  word,
  customer,
  must,
}: Stocked): Promise<
  Pick<Names, "quote" | "hold" | "holdToRelease" | "event" | "usage" | "transaction">
> {
  for (const [size, credits] of [
    ["small", 500],
    ["large", 5_000],
  ] as const) {
    const price = { amount: credits, currency: "usd" };
    const body = { name: `${word} ${size}`, credits, price };
    await must({ method: "PUT", path: `/v1/credit-packs/${word}-${size}`, body });
  }
  const wallet = `/v1/wallets/${customer}`;
  const gift = { credits: 47, reason: `${word} gift` };
  await must(
    { method: "POST", path: `${wallet}/grants`, body: gift },
    { "idempotency-key": "seed" },
  );
  const price = { type: "flat", credits: 2 };
  const events = { "chat.reply": { price }, [`${word}.reply`]: { price } };
  await must({ method: "PUT", path: "/v1/rate-card", body: { events } });
  const asked = { customerId: customer, event: "chat.reply", freezeSeconds: 3_600 };
  const quoted = await must({ method: "POST", path: "/v1/quotes", body: asked });
  const correction = { credits: -3, reason: `${word} correction` };
  await must({ method: "POST", path: `${wallet}/corrections`, body: correction });
  await must({ method: "PUT", path: `${wallet}/spend-limits`, body: { perDay: 90_000 } });
  const hold = async (credits: number) => {
    const body = { customerId: customer, credits, description: `${word} hold` };
    return textFields.parse(await must({ method: "POST", path: "/v1/holds", body })).id ?? "";
  };
  const event = `${word}.reply`;
  const usage = `${word}-usage`;
  const used = [
    { id: usage, customerId: customer, event },
    { id: `${usage}-refused`, customerId: customer, event: `${word}.unknown` },
  ];
  await must({ method: "POST", path: "/v1/usage", body: used }, { prefer: "wait" });
  const applied = textFields.parse(await must({ method: "GET", path: `/v1/usage/${usage}` }));
  const [transaction] = z.array(z.string()).parse(applied["transactions"]);
  return {
    event,
    usage,
    transaction: transaction ?? "",
    quote: String(textFields.parse(quoted)["quoteId"]),
    hold: await hold(10),
    holdToRelease: await hold(5),
  };
}
