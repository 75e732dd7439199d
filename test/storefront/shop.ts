import { randomBytes } from "node:crypto";
import { type Simulator, startSimulator } from "@chargly/stripe-simulator";
import { publishPack } from "../../src/catalogue/publish-pack.js";
import type { PackTerms } from "../../src/catalogue/rules.js";
import { readCheckout } from "../../src/checkout/read-checkout.js";
import type { Purchase } from "../../src/checkout/rules.js";
import { type CheckoutOrder, startCheckout } from "../../src/checkout/start-checkout.js";
import { present } from "../../src/kernel/assert.js";
import { wholeCredits, zeroCredits } from "../../src/kernel/credits.js";
import { parsePublicId } from "../../src/kernel/ids.js";
import { openWallet } from "../../src/ledger/open-wallet.js";
import { createLog } from "../../src/platform/log/create-log.js";
import { reply } from "../../src/platform/http/reply.js";
import { createStripeClients } from "../../src/platform/stripe-client/stripe-clients.js";
import { createVault } from "../../src/platform/vault/vault.js";
import { paymentOrigins, type StorefrontContext } from "../../src/storefront/context.js";
import { storefrontRoutes } from "../../src/storefront/routes.js";
import { configureProject } from "../../src/tenancy/configure-project.js";
import type { Project } from "../../src/tenancy/rules.js";
import { createWalletLink } from "../../src/wallets/create-wallet-link.js";
import { type Answer, startWeb, type Web } from "../platform/http/web.js";
import { type FreshDatabase, freshDatabase } from "../support/database.js";
import { walletBook } from "../support/ledger.js";

export const packOf500: PackTerms = {
  name: "500 credits",
  credits: wholeCredits(500),
  bonusCredits: zeroCredits,
  price: { amountMinor: 999n, currency: "usd" },
  validityDays: null,
  onSale: true,
};

/** The hosted pages over HTTP, on a real database, with the simulator in Stripe's place. No webhook ever arrives. */
export interface Shop extends FreshDatabase {
  readonly ctx: StorefrontContext;
  readonly simulator: Simulator;
  readonly web: Web;
  /** Moves the clock that links are checked by. */
  readonly advanceClock: (ms: number) => void;
  readonly openTenant: (name?: string) => Promise<Tenant>;
  /** As a browser asks; the style sheet is cut out of what it gets. */
  readonly visit: (url: string, init?: RequestInit) => Promise<Answer>;
  readonly close: () => Promise<void>;
}

/** A project with Stripe connected and the pack of 500 on sale. */
export interface Tenant {
  readonly project: Project;
  readonly sell: (code: string, terms?: Partial<PackTerms>) => Promise<void>;
  readonly book: (customerId?: string) => ReturnType<typeof walletBook>;
  readonly order: (order?: Partial<CheckoutOrder>) => Promise<Purchase>;
  readonly purchaseOf: (reference: string) => Promise<Purchase>;
  readonly link: (customerId?: string, ttlSeconds?: number) => Promise<string>;
}

export const merchantOrigin = "https://app.example.com";

export async function startShop(): Promise<Shop> {
  const fresh = await freshDatabase();
  const simulator = await startSimulator({ delayedPaymentMs: 3_600_000 });
  let aheadMs = 0;
  let web: Web | undefined;
  const ctx = {
    db: fresh.db,
    vault: createVault([{ id: "k1", bytes: randomBytes(32) }]),
    clock: { nowMs: () => Date.now() + aheadMs },
    log: createLog({ level: "silent", name: "shop" }),
    stripeClients: createStripeClients(simulator.url),
    formOrigins: paymentOrigins(simulator.url),
    get publicUrl() {
      return present(web, "the server listens").url;
    },
  };
  const started = await startWeb(storefrontRoutes, ctx);
  web = started;
  return {
    ...fresh,
    ctx,
    simulator,
    web: started,
    advanceClock: (ms) => {
      aheadMs += ms;
    },
    openTenant: (name = `shop-${randomBytes(5).toString("hex")}`) => openTenant(ctx, name),
    visit: async (url, init = {}) => {
      const path = url.startsWith(started.url) ? url.slice(started.url.length) : url;
      const headers = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };
      const answer = await started.get(path, { ...init, headers });
      return { ...answer, text: answer.text.replace(/<style>.*<\/style>/s, "") };
    },
    close: async () => {
      await started.close();
      await simulator.stop();
      await fresh.drop();
    },
  };
}

async function openTenant(ctx: StorefrontContext, name: string): Promise<Tenant> {
  const project = await configureProject(ctx, {
    name,
    mode: "test",
    allowedOrigins: [merchantOrigin],
    apiKey: undefined,
    stripe: {
      secretKey: `sk_test_${randomBytes(12).toString("hex")}`,
      connectedAccount: null,
      webhookSecrets: ["whsec_0123456789abcdef0123456789abcdef"],
    },
  });
  const tenant: Tenant = {
    project,
    sell: async (code, terms = {}) => {
      await ctx.db.transaction((trx) =>
        publishPack(trx, project.id, code, { ...packOf500, ...terms }, "cli:test"),
      );
    },
    book: (customerId = "user_123") => walletBook(ctx.db, project.id, customerId),
    order: (order = {}) => orderPack(ctx, project, order),
    purchaseOf: async (reference) => {
      const id = present(parsePublicId("purchase", reference), "that is a purchase's reference");
      return (await readCheckout(ctx, project.id, id)).purchase;
    },
    link: async (customerId = "user_123", ttlSeconds = 3_600) => {
      const wallet = await openWallet(ctx.db, project.id, customerId);
      return createWalletLink(ctx, wallet, ttlSeconds).url;
    },
  };
  await tenant.sell("starter-500");
  return tenant;
}

async function orderPack(
  ctx: StorefrontContext,
  { id: projectId }: Project,
  order: Partial<CheckoutOrder>,
): Promise<Purchase> {
  let made: Purchase | undefined;
  await startCheckout(
    ctx,
    {
      projectId,
      order: {
        customerId: "user_123",
        creditPackCode: "starter-500",
        successUrl: null,
        cancelUrl: null,
        allowPromotionCodes: false,
        takesAnyOpen: false,
        ...order,
      },
      idempotency: undefined,
    },
    (purchase) => {
      made = purchase;
      return reply.ok({});
    },
  );
  return present(made, "a checkout was started");
}
