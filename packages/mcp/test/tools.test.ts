import { createHash } from "node:crypto";
import { createFakeChargly } from "@chargly/sdk/testing";
import { describe, expect, it } from "vitest";
import { createMcpServer } from "../src/index.js";
import { connected } from "./connected.js";

/**
 * Models act by what they read of a tool, so a change of it is a change of behaviour, and nothing that customers wrote may
 * come in. Look at the difference, then pin it here.
 */
const pinned = {
  instructions: "7f9b4db06b9d14bea45f5a039caa015aa21075d18fbf36696f8f26142d8e8d00",
  get_wallet: "53b3cb3f90a280cd818fa4714710b9bab13a51424a44e7d4e64c77ae05a8186e",
  capture_hold: "2eefa3e405d235288606ec3b72ba40724f2371e530b8b94378cbec0bba223eeb",
  create_checkout: "02a6e6c6b699e57e0bd86373741b1f13445cab227fcc659dbc30b9cf08bc9064",
  create_hold: "669d0b3eb05deb3fe9a9f3ca899709dd9e7eee6b96d4b009455b2c12fc442df6",
  explain_charge: "d361b899e699ee864e62f9495f1d4e79c9ba34633696c48b95688a37915c58c9",
  get_checkout_status: "279aaf6729f12f5ae58a24750b52a9699ad2b7a98c59a0ed91ead290f2e1725d",
  list_credit_packs: "7b3a9bbefd110a9290413d12f57fcaaed2995c4663bded5d87b456a1be62479f",
  list_transactions: "2996115f4c878606d903cc89897340f3be75acb42f9160474708e94285f86f94",
  meter_event: "785bd869ffb896b3e43a58ac13b241ed607e02c6326469e2d9ca499106790271",
  quote_cost: "a9501b330de7bb6630e338c4df04f0a6ac384d5b724c6556d0876f98cfc585b6",
  release_hold: "65858023c113cbb9bc3438d1277880199bcd098e2c4736aca2f51bea2e5bc1b8",
};

const pinnedForOperators = {
  instructions: "0928175661103e509d487295d9fd19740e8a1e5487bc6f34904bba08b4db149d",
  freeze_wallet: "552786e3ff915446957e8320c9e6d86bed6c8af705512c5d32ddd6f2a60d72ae",
  grant_credits: "0794969064ac1bdb32a95f61bd2039a6e1571bf18eeebe55c55d4a42fe62361a",
  list_discrepancies: "6ed6119d1754ee407f9b99b77a0febe8ed6f50c0475540b64a98b2919faaa49b",
  list_failed_jobs: "3522b743639b2c04a17d3daa4b731c9d61734f5d6ac6425447adb0e644227950",
  retry_job: "989e8c8ad353deaae07508f1c4192cf2d6263bb96d907a88e29991ba159ad7bd",
  run_reconciliation: "686812646bf8125ea4e3e8b97e0693b967c8eaa2bb97d25c5ef5203d10b2336e",
  unfreeze_wallet: "ab21b4722d2e12ceabd169c067cce4f6c10283a88fa8b1c1f926b777d64548e3",
};
const operators = new Set(Object.keys(pinnedForOperators));

const hashOf = (text: string | undefined): string =>
  createHash("sha256")
    .update(text ?? "")
    .digest("hex");

it.each([
  ["for one wallet", { kind: "secret", customerId: "user_123" } as const, pinned],
  ["for operators", { kind: "operator", tools: operators } as const, pinnedForOperators],
])(
  "describes itself %s in words that never change by themselves",
  async (_who, identity, words) => {
    const { chargly } = await createFakeChargly();
    const client = await connected(createMcpServer({ chargly, identity }));
    const { tools } = await client.listTools();
    const found = tools.map((tool) => [tool.name, hashOf(JSON.stringify(tool))]);
    const instructions = hashOf(client.getInstructions());
    expect({ instructions, ...Object.fromEntries(found) }).toEqual(words);
  },
);

const refusal = (status: number, code: string) =>
  new Response(JSON.stringify({ code, status, title: "No.", detail: "Not now." }), {
    status,
    headers: { "content-type": "application/problem+json" },
  });

/** A wallet of 10 credits and its tools; posts have their effect, and then `answers` is what comes back once, if it is set. */
async function walletWith() {
  const state: { answers: Response | Error | undefined } = { answers: undefined };
  const fake = await createFakeChargly({
    wallets: { user_123: 10 },
    creditPacks: { small: { name: "Small", credits: 5, price: { amount: 500, currency: "usd" } } },
    rateCard: { events: { "page.read": { price: { type: "quantity", credits: 2 } } } },
  });
  const chargly = fake.client({
    maxRetries: 0,
    fetch: async (url, init) => {
      const response = await fake.fetch(url, init);
      const { answers } = state;
      if (init.method !== "POST" || answers === undefined) return response;
      state.answers = undefined;
      if (answers instanceof Error) throw answers;
      return answers;
    },
  });
  const identity = { kind: "secret", customerId: "user_123" } as const;
  const client = await connected(createMcpServer({ chargly, identity }));
  const call = async (name: string, input: Record<string, unknown>) => {
    const { structuredContent } = await client.callTool({ name, arguments: input });
    return structuredContent as Record<string, unknown>;
  };
  return { call, state, chargly };
}

it("a hold is closed by a capture once, also by calls without a key", async () => {
  const { call, chargly } = await walletWith();
  const { holdId } = await call("create_hold", { credits: 4 });
  const first = await call("capture_hold", { holdId, credits: 1 });
  expect(await call("capture_hold", { holdId, credits: 1 })).toEqual(first);
  expect(await call("capture_hold", { holdId, credits: 2 })).toMatchObject({
    code: "hold_not_open",
  });
  expect(await chargly.getWallet("user_123")).toMatchObject({ available: 9, held: 0 });
});

it("parts of a hold are captured as often as they are asked for", async () => {
  const { call, chargly } = await walletWith();
  const { holdId } = await call("create_hold", { credits: 4 });
  for (let times = 0; times < 2; times++)
    await call("capture_hold", { holdId, credits: 1, close: false });
  expect(await chargly.getWallet("user_123")).toMatchObject({ available: 6, held: 2 });
});

it("a hold is given back once, also by calls without a key", async () => {
  const { call, chargly } = await walletWith();
  const { holdId } = await call("create_hold", { credits: 4 });
  const first = await call("release_hold", { holdId });
  expect(first).toMatchObject({ state: "released", idempotencyKey: `release-${String(holdId)}` });
  expect(await call("release_hold", { holdId })).toEqual(first);
  expect(await chargly.getWallet("user_123")).toMatchObject({ available: 10, held: 0 });
});

describe("what moves something and may have happened", () => {
  it.each([
    ["meter_event", "eventId", { event: "page.read", quantity: 1 }, 8],
    ["create_hold", "idempotencyKey", { credits: 4 }, 6],
    ["capture_hold", "idempotencyKey", { credits: 1 }, 9],
    ["release_hold", "idempotencyKey", {}, 10],
    ["create_checkout", "idempotencyKey", { creditPackCode: "small" }, 10],
  ] as const)("%s says what to repeat it with, and then it is once", async (...row) => {
    const [name, field, order, available] = row;
    const { call, state, chargly } = await walletWith();
    const ofHold = name === "capture_hold" || name === "release_hold";
    const hold = ofHold ? await call("create_hold", { credits: 4 }) : undefined;
    const input = { ...order, ...(hold === undefined ? {} : { holdId: hold["holdId"] }) };
    state.answers = refusal(503, "unavailable");
    const first = await call(name, input);
    expect(first).toMatchObject({ code: "unavailable", outcome: "unknown" });
    const repeat: Record<string, unknown> = { ...input, [field]: first["repeatWith"] };
    for (const answers of [
      refusal(500, "internal"),
      refusal(409, "request_in_flight"),
      refusal(408, "request_timeout"),
      refusal(429, "too_many_requests"),
      new TypeError("fetch failed"),
    ]) {
      state.answers = answers;
      const { outcome, repeatWith } = await call(name, repeat);
      expect([outcome, repeatWith]).toEqual(["unknown", repeat[field]]);
    }
    expect(await call(name, repeat)).toMatchObject({ [field]: first["repeatWith"] });
    expect(await chargly.getWallet("user_123")).toMatchObject({ available });
  });

  it("a grant is repeated with its preview", async () => {
    const fake = await createFakeChargly();
    const fetch = () => Promise.resolve(refusal(503, "unavailable"));
    const chargly = fake.client({ maxRetries: 0, fetch });
    const identity = { kind: "operator", tools: operators } as const;
    const client = await connected(createMcpServer({ chargly, identity }));
    const previewId = `gpv_${"0".repeat(26)}`;
    const input = { name: "grant_credits", arguments: { previewId } };
    const { structuredContent } = await client.callTool(input);
    expect(structuredContent).toMatchObject({ outcome: "unknown", repeatWith: previewId });
  });

  it("what is surely refused says nothing of a repetition", async () => {
    const { call } = await walletWith();
    const refused = await call("create_hold", { credits: 11 });
    expect(refused).toMatchObject({ code: "insufficient_credits", outcome: "refused" });
    expect(refused).not.toHaveProperty("repeatWith");
  });
});
