import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runInThisContext } from "node:vm";
import { simulateReadableStream, streamText } from "ai";
import { MockLanguageModelV3 } from "ai/test";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import * as sdk from "../src/index.js";
import * as testing from "../src/testing/index.js";

const readme = readFileSync(fileURLToPath(new URL("../README.md", import.meta.url)), "utf8");
const snippets = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = ""]) => code);

const rateCard = {
  events: {
    "image.generate": { price: { type: "quantity", credits: 4 } },
    "chat.reply": {
      price: { type: "properties", properties: { outputTokens: { credits: 1, per: 100 } } },
    },
  },
} as const;

let fake: testing.FakeChargly;
beforeEach(async () => {
  fake = await testing.createFakeChargly({ wallets: { user_123: 47 }, rateCard });
  vi.stubEnv("CHARGLY_API_KEY", "chg_test_fake");
  vi.stubEnv("CHARGLY_URL", "http://chargly.test");
  vi.stubGlobal("fetch", fake.fetch);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

/** A model that tells a very short story. */
function openai(modelId: string): MockLanguageModelV3 {
  const count = { total: 200, noCache: 200, cacheRead: 0, cacheWrite: 0, text: 200, reasoning: 0 };
  const usage = { inputTokens: count, outputTokens: count };
  const chunks = [
    { type: "text-start" as const, id: "1" },
    { type: "text-delta" as const, id: "1", delta: "The end." },
    { type: "text-end" as const, id: "1" },
    { type: "finish" as const, finishReason: { unified: "stop", raw: "stop" } as const, usage },
  ];
  return new MockLanguageModelV3({
    modelId,
    doStream: async () => ({ stream: simulateReadableStream({ chunks }) }),
  });
}

/** Runs a snippet as it stands, with what it imports, and answers what it wrote. */
async function run(code: string): Promise<readonly string[]> {
  const written: string[] = [];
  const write = (...parts: readonly unknown[]): void => void written.push(parts.join(" "));
  const names = {
    ...sdk,
    ...testing,
    ...(code.includes("new Chargly(") ? {} : { chargly: fake.chargly }),
    openai,
    streamText,
    callTheModel: async () => ({ text: "hello", cost: 1.25 }),
    console: { log: write },
    process: { stdout: { write } },
  };
  const body = code.replace(/^import .*$/gm, "");
  const source = `(async ({ ${Object.keys(names).join(", ")} }) => { ${body} })`;
  const work = runInThisContext(source) as (all: typeof names) => Promise<void>;
  await work(names);
  return written;
}

const available = async () => (await fake.chargly.getWallet("user_123")).available;

it("every snippet of the README runs, and does what is written beside it", async () => {
  expect(snippets).toHaveLength(6);
  const [first = "", list = "", hold = "", model = "", record = "", ownTests = ""] = snippets;
  expect(await run(first)).toEqual(["46 credits left"]);
  expect((await run(list)).join()).toContain("Used: chat.reply 46");
  await run(hold);
  expect(await available()).toBe(44.75);
  expect(await run(model)).toEqual(["The end."]);
  expect(await available()).toBe(42.75);
  await run(record);
  expect(await available()).toBe(34.75);
  await run(ownTests);
  await fake.chargly.wallets.correct("user_123", { credits: -34.25, reason: "spent" });
  expect(await run(first)).toEqual([
    expect.stringMatching(/^0.5 credits are missing. Buy some: http/),
  ]);
});
