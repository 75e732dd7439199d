import {
  AgentBudgetError,
  ConflictError,
  HoldError,
  InsufficientCreditsError,
  PricingError,
  SpendLimitError,
  UnavailableError,
  WalletFrozenError,
} from "@chargly/sdk";
import { expect } from "vitest";
import { parsePublicId, publicId } from "../../../src/kernel/ids.js";
import { createApiKey } from "../../../src/tenancy/create-api-key.js";
import { scopes } from "../../../src/tenancy/rules.js";
import { until } from "../../support/until.js";
import type { Provocation } from "./scene.js";
import { whileLocked } from "./while-locked.js";

/** Four credits, by the rate card of the shop. */
const image = (customerId: string) => ({ customerId, event: "image.generate", quantity: 1 });
/** Five credits that may be owed, ten at most. */
const report = (customerId: string) => ({ customerId, event: "report.write" });
const checkoutUrl = expect.stringMatching(/^https?:/);
const resetsAt = expect.stringMatching(/Z$/);

/** Refusals of spending, holding and pricing. */
export const ofCredits = {
  insufficient_credits: {
    as: InsufficientCreditsError,
    has: { shortBy: 1, available: 3, required: 4, checkoutUrl },
    by: async ({ chargly, customer }) => chargly.meterEvent(image(await customer(3))),
  },
  wallet_in_debt: {
    as: InsufficientCreditsError,
    has: { shortBy: 9, checkoutUrl },
    by: async ({ chargly, customer }) => {
      const customerId = await customer();
      await chargly.meterEvent(report(customerId));
      return chargly.meterEvent(image(customerId));
    },
  },
  debt_limit: {
    as: InsufficientCreditsError,
    has: { shortBy: 5, checkoutUrl },
    by: async ({ chargly, customer }) => {
      const customerId = await customer();
      for (const _ of [1, 2]) await chargly.meterEvent(report(customerId));
      return chargly.meterEvent(report(customerId));
    },
  },
  wallet_frozen: {
    as: WalletFrozenError,
    by: async ({ chargly, customer }) => {
      const customerId = await customer(9);
      await chargly.wallets.freeze(customerId, { reason: "looked odd" });
      return chargly.meterEvent(image(customerId));
    },
  },
  wallet_spend_limit: {
    as: SpendLimitError,
    has: { limit: 3, spent: 0, required: 4, resetsAt },
    by: async ({ chargly, customer }) => {
      const customerId = await customer(9);
      await chargly.wallets.setSpendLimits(customerId, { perMonth: 3 });
      return chargly.meterEvent(image(customerId));
    },
  },
  key_spend_limit: {
    as: SpendLimitError,
    has: { limit: 3, spent: 0, required: 4, resetsAt },
    by: async ({ shop: { stack }, client, customer }) => {
      const project = { id: stack.projectId, mode: "test" } as const;
      const key = await createApiKey(stack.ctx, project, { name: "limited", scopes }, "test");
      const path = `/v1/api-keys/${publicId("apiKey", key.id)}/spend-limits`;
      expect((await stack.call("PUT", path, { perMonth: 3 })).status).toBe(200);
      return client({ apiKey: key.secret }).meterEvent(image(await customer(9)));
    },
  },
  agent_budget: {
    as: AgentBudgetError,
    has: { budget: "perCall", limit: 3, remaining: 3, required: 4 },
    by: async ({ chargly, client, customer }) => {
      const customerId = await customer(9);
      const order = { customerId, name: "helper", perCall: 3 };
      const { token } = await chargly.agentTokens.create(order);
      return client({ apiKey: token }).meterEvent(image(customerId));
    },
  },
  unknown_event: {
    as: PricingError,
    by: async ({ chargly, customer }) =>
      chargly.meterEvent({ customerId: await customer(9), event: "nobody.knows" }),
  },
  unpriceable_event: {
    as: PricingError,
    has: { param: "quantity" },
    by: async ({ chargly, customer }) =>
      chargly.meterEvent({ customerId: await customer(9), event: "image.generate" }),
  },
  usage_id_conflict: {
    as: ConflictError,
    by: async ({ chargly, customer }) => {
      const event = { ...image(await customer(9)), id: "said-twice" };
      await chargly.meterEvent(event);
      return chargly.meterEvent({ ...event, quantity: 2 });
    },
  },
  hold_not_open: {
    as: HoldError,
    has: { state: "released" },
    by: async ({ chargly, customer }) => {
      const { id } = await chargly.holds.create({ customerId: await customer(9), credits: 5 });
      await chargly.holds.release(id);
      return chargly.holds.capture(id, { credits: 1 });
    },
  },
  hold_exceeded: {
    as: HoldError,
    has: { shortBy: 1 },
    by: async ({ chargly, customer }) => {
      const { id } = await chargly.holds.create({ customerId: await customer(9), credits: 5 });
      return chargly.holds.capture(id, { credits: 6 });
    },
  },
  hold_limit: {
    as: HoldError,
    by: async ({ chargly, customer }) => {
      const order = { customerId: await customer(200), credits: 1 };
      await Promise.all(Array.from({ length: 100 }, () => chargly.holds.create(order)));
      return chargly.holds.create(order);
    },
  },
  conflict: {
    as: ConflictError,
    by: async ({ chargly, customer }) => {
      const { id } = await chargly.holds.create({ customerId: await customer(9), credits: 5 });
      return chargly.holds.extend(id, { expiresInSeconds: 5 });
    },
  },
  quote_expired: {
    as: ConflictError,
    by: async ({ chargly, db, customer }) => {
      const event = { ...image(await customer(9)), freezeSeconds: 60 };
      const { quoteId } = await chargly.quote(event);
      await db.transaction(async (trx) => {
        await trx.raw("set local session_replication_role = replica");
        await trx("quotes")
          .where({ id: parsePublicId("quote", quoteId) })
          .update({ expires_at: trx.raw("clock_timestamp()") });
      });
      return chargly.holds.create({ customerId: event.customerId, quoteId });
    },
  },
  quote_redeemed: {
    as: ConflictError,
    by: async ({ chargly, customer }) => {
      const event = { ...image(await customer(9)), freezeSeconds: 60 };
      const { quoteId } = await chargly.quote(event);
      const order = { customerId: event.customerId, quoteId };
      await chargly.holds.create(order);
      return chargly.holds.create(order);
    },
  },
  preview_outdated: {
    as: ConflictError,
    by: async ({ chargly, customer }) => {
      const customerId = await customer(1);
      const { id } = await chargly.grantPreviews.create(customerId, { credits: 1, reason: "gift" });
      await chargly.wallets.freeze(customerId, { reason: "looked odd" });
      return chargly.grantPreviews.confirm(id);
    },
  },
  balance_limit: {
    as: ConflictError,
    by: async ({ chargly, customer }) => {
      const customerId = await customer(999_999_999);
      return chargly.wallets.grant(customerId, { credits: 1, reason: "one more" });
    },
  },
  project_paused: {
    as: UnavailableError,
    by: ({ paused }) => paused.meterEvent({ customerId: "ann", event: "e", credits: 1 }),
  },
  usage_backlog: {
    as: UnavailableError,
    by: async (scene) => {
      const event = { customerId: await scene.customer(9), event: "e", credits: 0.001 };
      const { usage } = scene.client({ baseUrl: scene.narrow.url });
      return whileLocked(scene, event.customerId, () => untilRefused(() => usage.send([event])));
    },
  },
} as const satisfies Record<string, Provocation>;

/** Says it until it is refused, and then throws that. */
async function untilRefused(call: () => Promise<unknown>): Promise<never> {
  const refused = async () => {
    try {
      await call();
      return undefined;
    } catch (error) {
      return { error };
    }
  };
  const { error } = await until(refused, { because: "a refusal", everyMs: 50 });
  throw error;
}
