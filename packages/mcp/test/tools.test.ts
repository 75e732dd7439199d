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
  get_wallet: "10a009afdfb585d9c4dd1eb70d43153c0d98f98edf74b35270b47377742ba356",
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
