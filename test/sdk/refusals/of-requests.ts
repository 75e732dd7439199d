import {
  AuthenticationError,
  ConflictError,
  ForbiddenError,
  InvalidRequestError,
  NotFoundError,
  UnavailableError,
} from "@chargly/sdk";
import { createApiKey } from "../../../src/tenancy/create-api-key.js";
import { until } from "../../support/until.js";
import { packForSale } from "../shop.js";
import { fewRequests, type Provocation } from "./scene.js";
import { whileLocked } from "./while-locked.js";

const image = (customerId: string) => ({ customerId, event: "image.generate", quantity: 1 });

/** Refusals of the request itself. */
export const ofRequests = {
  invalid_request: {
    as: InvalidRequestError,
    has: { param: "credits" },
    by: ({ chargly }) => chargly.meterEvent({ customerId: "ann", event: "e", credits: -1 }),
  },
  malformed_json: {
    as: InvalidRequestError,
    by: ({ meddledWith }) =>
      meddledWith((url, init) => [url, { ...init, body: String(init.body).slice(0, -1) }]).quote(
        image("ann"),
      ),
  },
  body_too_large: {
    as: InvalidRequestError,
    by: ({ chargly }) =>
      chargly.usage.send([{ ...image("ann"), metadata: { text: "x".repeat(3_000_000) } }]),
  },
  unsupported_media_type: {
    as: InvalidRequestError,
    by: ({ meddledWith }) =>
      meddledWith((url, init) => [
        url,
        { ...init, headers: { ...init.headers, "content-type": "text/plain" } },
      ]).quote(image("ann")),
  },
  method_not_allowed: {
    as: InvalidRequestError,
    by: ({ meddledWith }) =>
      meddledWith((url, init) => [url, { ...init, method: "DELETE" }]).getWallet("ann"),
  },
  headers_too_large: {
    as: InvalidRequestError,
    by: ({ meddledWith }) =>
      meddledWith((url, init) => [
        url,
        { ...init, headers: { ...init.headers, cookie: "x".repeat(20_000) } },
      ]).getWallet("ann"),
  },
  request_timeout: { as: UnavailableError, by: ({ cutOff }) => cutOff },
  invalid_signature: {
    as: InvalidRequestError,
    by: ({ shop, meddledWith }) =>
      meddledWith((_url, init) => [shop.stack.webhookUrl, init]).quote(image("ann")),
  },
  unauthenticated: {
    as: AuthenticationError,
    by: ({ client }) => client({ apiKey: "chg_test_nobody_knows_this" }).getWallet("ann"),
  },
  forbidden: {
    as: ForbiddenError,
    by: async ({ shop: { stack }, client }) => {
      const project = { id: stack.projectId, mode: "test" } as const;
      const order = { name: "reads", scopes: ["wallets:read"] } as const;
      const { secret } = await createApiKey(stack.ctx, project, order, "test");
      return client({ apiKey: secret }).wallets.grant("ann", { credits: 1, reason: "mine" });
    },
  },
  not_found: { as: NotFoundError, by: ({ chargly }) => chargly.usage.get("nobody-sent-this") },
  idempotency_key_reused: {
    as: InvalidRequestError,
    by: async ({ chargly, customer }) => {
      const customerId = await customer();
      const key = { idempotencyKey: `once-${customerId}` };
      await chargly.wallets.grant(customerId, { credits: 1, reason: "first" }, key);
      return chargly.wallets.grant(customerId, { credits: 2, reason: "second" }, key);
    },
  },
  request_in_flight: {
    as: ConflictError,
    by: async ({ shop, chargly, customer }) => {
      const { control } = shop.stack.simulator;
      const order = { customerId: await customer(), creditPackCode: packForSale };
      const key = { idempotencyKey: `busy-${order.customerId}` };
      await control.resetLog();
      await control.latency({ ms: 300 });
      const first = chargly.createCheckout(order, key);
      const reached = async () => (await control.requests()).count > 0;
      await until(reached, { because: "the first to reach Stripe", everyMs: 5 });
      try {
        return await chargly.createCheckout(order, key);
      } finally {
        await control.clearFaults();
        await first;
      }
    },
  },
  wallet_busy: {
    as: ConflictError,
    by: async (scene) => {
      const customerId = await scene.customer(1);
      const grant = { credits: 1, reason: "gift" };
      return whileLocked(scene, customerId, () => scene.chargly.wallets.grant(customerId, grant));
    },
  },
  too_many_requests: {
    as: UnavailableError,
    by: ({ client, narrow }) => {
      const { getWallet } = client({ baseUrl: narrow.url });
      return Promise.all(Array.from({ length: fewRequests + 1 }, () => getWallet("ann")));
    },
  },
  unavailable: {
    as: UnavailableError,
    by: async ({ client, narrow, pausedKey: apiKey }) => {
      await narrow.door.close();
      try {
        return await client({ baseUrl: narrow.url, apiKey }).getWallet("ann");
      } finally {
        await narrow.door.open();
      }
    },
  },
  internal: {
    as: UnavailableError,
    by: async ({ db, chargly }) => {
      await db.raw("alter table credit_packs rename to credit_packs_gone");
      try {
        return await chargly.creditPacks.get(packForSale);
      } finally {
        await db.raw("alter table credit_packs_gone rename to credit_packs");
      }
    },
  },
} as const satisfies Record<string, Provocation>;
