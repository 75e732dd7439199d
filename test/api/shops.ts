import { randomBytes } from "node:crypto";
import Stripe from "stripe";
import type { Purchase } from "../../src/checkout/rules.js";
import { settlePurchase } from "../../src/checkout/settle-purchase.js";
import { startCheckout } from "../../src/checkout/start-checkout.js";
import { present } from "../../src/kernel/assert.js";
import { newId, parsePublicId, type ProjectId, publicId } from "../../src/kernel/ids.js";
import { encodeCursor } from "../../src/kernel/page.js";
import { reply } from "../../src/platform/http/reply.js";
import type { StripeCredentials } from "../../src/platform/stripe-client/stripe-clients.js";
import { takeWarning } from "../../src/reversals/warnings/take-warning.js";
import { thawPurchase } from "../../src/reversals/warnings/thaw-purchase.js";
import { createApiKey } from "../../src/tenancy/create-api-key.js";
import { createProject } from "../../src/tenancy/create-project.js";
import { scopes } from "../../src/tenancy/rules.js";
import { saveStripeConnection } from "../../src/tenancy/save-stripe-connection.js";
import { sessionOf, type TestStack } from "../support/stack.js";
import { type Asked, type Raw, send } from "./send.js";
import {
  compareSome,
  grantAndPrice,
  handToken,
  holdSome,
  linkToWallet,
  previewSome,
  publishPacks,
  quoteSome,
  stock,
  textFields,
  useSome,
} from "./stock.js";

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
  "agentToken",
  "token",
  "origin",
  "run",
  "failedJob",
  "grantPreview",
] as const;
export type Kind = (typeof kinds)[number];
export type Names = Readonly<Record<Kind, string>>;

/** A project with a key that may do everything, and data of the kinds that it was opened for. */
export interface Shop {
  readonly projectId: ProjectId;
  readonly key: string;
  readonly stripeKey: string;
  /** What of its own a kind names. Throws when it was opened without. */
  readonly name: (kind: Kind) => string;
  /** Every text by which its data could be recognised in somebody else's answer. */
  readonly marks: readonly string[];
  readonly ask: (request: Asked, headers?: Readonly<Record<string, string>>) => Promise<Raw>;
}

const hex = () => randomBytes(12).toString("hex");

/** A test project that sold one pack and is selling another, through the API and the simulator. */
export async function openShop(stack: TestStack, word: string): Promise<Shop> {
  const shop = await openTenant(stack, word, "test");
  const stocked = { ...(await stock(shop)), failedJob: await failSome(stack, shop) };
  const paid = await buyPaid(stack, shop);
  await giveSomeBack(stack, shop.projectId, paid);
  const refundable = await refundACent(stack, shop);
  const open = await shop.buy(`${word}-large`);
  const bought = { purchase: paid.id, session: paid.session, refundable };
  return shop.finish({ ...stocked, ...bought }, [open.id, open.session]);
}

/** A test project with what these kinds name, and enough credits and prices to use it: quicker than a whole shop. */
export async function openAsker(
  stack: TestStack,
  word: string,
  kindsNeeded: readonly Kind[],
): Promise<Shop> {
  const shop = await openTenant(stack, word, "test");
  const needs = (...any: readonly Kind[]) => any.some((kind) => kindsNeeded.includes(kind));
  await grantAndPrice(shop);
  if (needs("pack", "packCursor", "purchase", "session", "refundable")) await publishPacks(shop);
  const used = needs("usage", "transaction") ? await useSome(shop) : {};
  const quote = needs("quote") ? { quote: await quoteSome(shop) } : {};
  const hold = needs("hold") ? { hold: await holdSome(shop, 10) } : {};
  const holdToRelease = needs("holdToRelease") ? { holdToRelease: await holdSome(shop, 5) } : {};
  const token = needs("token") ? { token: await linkToWallet(shop) } : {};
  const run = needs("run") ? { run: await compareSome(shop) } : {};
  const preview = needs("grantPreview") ? { grantPreview: await previewSome(shop) } : {};
  const failedJob = needs("failedJob") ? { failedJob: await failSome(stack, shop) } : {};
  const paid = needs("purchase", "session") ? await buyPaid(stack, shop) : undefined;
  const bought = paid === undefined ? {} : { purchase: paid.id, session: paid.session };
  const refundable = needs("refundable") ? { refundable: await refundACent(stack, shop) } : {};
  const agentToken = needs("agentToken") ? { agentToken: await handToken(shop) } : {};
  const names = {
    ...used,
    ...quote,
    ...hold,
    ...holdToRelease,
    ...token,
    ...bought,
    ...agentToken,
    ...run,
    ...preview,
    ...failedJob,
  };
  return shop.finish({ ...names, ...refundable }, []);
}

/** An event that was given up. */
async function failSome({ database }: TestStack, { projectId, word }: Tenant): Promise<string> {
  const id = newId("stripeEvent");
  await database.db("stripe_events").insert({
    id,
    project_id: projectId,
    account_id: `acct_${word}`,
    livemode: false,
    event_id: `evt_${word}`,
    type: "charge.refunded",
    payload: "{}",
    status: "failed",
    reason: `${word} could not be looked at`,
    attempts: 3,
    next_attempt_at: null,
    finished_at: database.db.fn.now(),
  });
  return publicId("stripeEvent", id);
}

interface Bought {
  readonly id: string;
  readonly session: string;
}

async function buyPaid(stack: TestStack, { word, buy, must }: Tenant): Promise<Bought> {
  const paid = await buy(`${word}-small`);
  await stack.simulator.control.pay(paid.session);
  await must({ method: "GET", path: `/v1/checkouts/${paid.id}?wait=20` });
  return paid;
}

/** A purchase of which a cent was refunded by us. */
async function refundACent(stack: TestStack, shop: Tenant): Promise<string> {
  const { id, session } = await shop.buy(`${shop.word}-small`);
  await stack.simulator.control.pay(session);
  const amount = { amount: 1, currency: "usd" };
  await shop.must({ method: "POST", path: `/v1/purchases/${id}/refunds`, body: { amount } });
  return id;
}

/** A cent is refunded, a dispute about another one is open, and a warning of fraud came and was lifted. */
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
  const warning = await control.earlyFraudWarning({ paymentIntent: payment.paymentIntent });
  await takeWarning(ctx, { projectId, purchaseId }, String(warning["id"]));
  await thawPurchase(ctx, { projectId, purchaseId }, "test");
}

/**
 * A live project. The app under test sends no live key to a simulator, so its checkout is started with a client that
 * does, and stays open.
 */
export async function openLiveShop(stack: TestStack, word: string): Promise<Shop> {
  const shop = await openTenant(stack, word, "live");
  const stocked = { ...(await stock(shop)), failedJob: await failSome(stack, shop) };
  const { hostname: host, port } = new URL(stack.simulator.url);
  const stripeClients = ({ secretKey }: StripeCredentials) =>
    new Stripe(secretKey, { host, port, protocol: "http" });
  const order = {
    customerId: `${word}_customer`,
    creditPackCode: `${word}-small`,
    successUrl: null,
    cancelUrl: null,
    allowPromotionCodes: false,
    takesAnyOpen: false,
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
  return shop.finish({ ...stocked, purchase, session, refundable: purchase }, []);
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
  const own = {
    customer,
    apiKey,
    event: `${word}.reply`,
    pack: `${word}-small`,
    packCursor: encodeCursor(`${word}-large`),
    origin: `https://${word}.example.com/back`,
  };
  return {
    projectId: project.id,
    word,
    customer,
    must,
    buy: async (creditPackCode: string): Promise<Bought> => {
      const body = { customerId: customer, creditPackCode };
      const { id = "", checkoutUrl } = textFields.parse(
        await must({ method: "POST", path: "/v1/checkouts", body }),
      );
      return { id, session: sessionOf(checkoutUrl) };
    },
    finish: (stocked: Partial<Names>, more: readonly string[]): Shop => {
      const names: Partial<Names> = { ...own, ...stocked };
      return {
        projectId: project.id,
        key,
        stripeKey,
        name: (kind) => present(names[kind], `${word} was opened with a ${kind}`),
        marks: [
          word,
          key,
          accountId,
          project.id,
          publicId("project", project.id),
          apiKey,
          ...Object.values(stocked),
          ...more,
        ],
        ask,
      };
    },
  };
}

type Tenant = Awaited<ReturnType<typeof openTenant>>;
