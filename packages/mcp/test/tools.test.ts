import { createHash } from "node:crypto";
import { createFakeChargly } from "@chargly/sdk/testing";
import { expect, it } from "vitest";
import { createMcpServer } from "../src/index.js";
import { connected } from "./connected.js";

/**
 * Models act by what they read of a tool, so a change of it is a change of behaviour, and nothing that customers wrote may
 * come in. Look at the difference, then pin it here.
 */
const pinned = {
  instructions: "d9c23dff5220b964e9ece06105d5f31822e42926f9aafce77ed624f13352a1f0",
  get_wallet: "767f1f8a53604d7abea358e0614bddaadbe4439f96b52807818ea59da6804cdd",
  capture_hold: "f51bcd6f1519eee241704ce89ff1bf8b6e095ecd33a323f34795741d67ccc922",
  create_checkout: "a10379a50c37bd5128af495da27775296bcc175951ce568591761a36af910da7",
  create_hold: "e559ec45ac7dfc1a6e91b53b45d056db600a8f8ee8dca94eb90e6d714a0f0203",
  explain_charge: "7504948a883798a3741b5916e43311a85d28e2a575f9f62e08f8942727d73789",
  get_checkout_status: "260033ce73df5764d1dc462339cb78028a5166ed2389d9fa3fa765fefad5f323",
  list_credit_packs: "9256991db28954fadd0fa15c61c63d1fee0b1ce57f76fda31b5845684b5ea3fe",
  list_transactions: "8a448b2b56a1517fa1f1e0bb4ed9975348bf2b92d6886702cd7626d3cfbe0d46",
  meter_event: "8fb1a7b5c40fb1db6ecbe66d212ca1729539e651af63499607392ffe0c340659",
  quote_cost: "a612c30b94697da14282ea9a8cf774bb72068fc84b889ba521ba17e454b99896",
  release_hold: "745e9f56a5460d92e45ea5cc6184c65cfd97eace20217a37e715b53a2753da88",
};

const pinnedForOperators = {
  instructions: "0928175661103e509d487295d9fd19740e8a1e5487bc6f34904bba08b4db149d",
  freeze_wallet: "81b8bc6f7eaed397dbbd0884dcfe09b5d904aa043ed6d4c1a938e806e1f9fbbb",
  grant_credits: "2ee90d9f5a81479e5c094a94bf6c4a47e53e41d8262ed3dd08ed90a6c8490e5f",
  list_discrepancies: "8c44070968447231628e63c7be82bb64512a380e5fe33179a60322c68a136d14",
  list_failed_jobs: "52681b18bd922120ecc6df72c3980f80807acca88bb26734b8a7f09305291591",
  retry_job: "1e325163939fbcf7ca84a9dfcca44d32cd76bcf0b5cc4c9c81ef307fa496b3c5",
  run_reconciliation: "6ee4f08f6c44edd90455dc0a874dff207b7d3ac5a34a1a57bb809d84a9f2e33f",
  unfreeze_wallet: "d65654d06b75ebd13d8930a09104ed8eb64e74d39fb60e36cec884cb74a76f46",
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
