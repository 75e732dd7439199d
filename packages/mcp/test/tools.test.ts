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
  explain_charge: "6fec57bf21cf1535f1de3836ed1e28035802a27e2cf5fcc1d848673243720cc8",
  get_checkout_status: "260033ce73df5764d1dc462339cb78028a5166ed2389d9fa3fa765fefad5f323",
  list_credit_packs: "9256991db28954fadd0fa15c61c63d1fee0b1ce57f76fda31b5845684b5ea3fe",
  list_transactions: "8a448b2b56a1517fa1f1e0bb4ed9975348bf2b92d6886702cd7626d3cfbe0d46",
  meter_event: "8fb1a7b5c40fb1db6ecbe66d212ca1729539e651af63499607392ffe0c340659",
  quote_cost: "a612c30b94697da14282ea9a8cf774bb72068fc84b889ba521ba17e454b99896",
  release_hold: "745e9f56a5460d92e45ea5cc6184c65cfd97eace20217a37e715b53a2753da88",
};

const hashOf = (text: string | undefined): string =>
  createHash("sha256")
    .update(text ?? "")
    .digest("hex");

it("describes itself in words that never change by themselves", async () => {
  const { chargly } = await createFakeChargly();
  const client = await connected(
    createMcpServer({ chargly, identity: { kind: "secret", customerId: "user_123" } }),
  );
  const { tools } = await client.listTools();
  const found = tools.map((tool) => [tool.name, hashOf(JSON.stringify(tool))]);
  const instructions = hashOf(client.getInstructions());
  expect({ instructions, ...Object.fromEntries(found) }).toEqual(pinned);
});
