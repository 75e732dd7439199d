import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runInThisContext } from "node:vm";
import { createFakeChargly } from "@chargly/sdk/testing";
import { McpServer } from "@modelcontextprotocol/server";
import { expect, it } from "vitest";
import { z } from "zod";
import { paidTool, receiptKey } from "../src/index.js";
import { walletTools } from "../src/wallet/wallet-tools.js";
import { connected } from "./connected.js";

const readme = readFileSync(fileURLToPath(new URL("../README.md", import.meta.url)), "utf8");

it("the README's paid tool runs as it stands, and costs what it says", async () => {
  const code = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text = ""]) => text);
  expect(code).toHaveLength(2);
  const { chargly } = await createFakeChargly({ wallets: { user_123: 5 } });
  const source = `(({ McpServer, paidTool, z, chargly }) => { ${code[1] ?? ""} return server; })`;
  const run = runInThisContext(source) as (names: object) => McpServer;
  const client = await connected(run({ McpServer, paidTool, z, chargly }));
  const draw = () => client.callTool({ name: "draw", arguments: { of: "a cat" } });
  const drawn = await draw();
  expect(drawn).toMatchObject({ content: [{ text: "A picture of a cat" }] });
  expect(drawn._meta).toMatchObject({
    [receiptKey]: { outcome: "charged", credits: 4, available: 1 },
  });
  expect(await draw()).toMatchObject({ isError: true, structuredContent: { shortBy: 3 } });
});

it("the README has every tool of a wallet, and none besides", () => {
  const table = readme.split("## Tools of a wallet")[1]?.split("\nNo tool takes")[0] ?? "";
  const named = [...table.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  expect(named).toEqual(walletTools.map(({ name }) => name));
});
