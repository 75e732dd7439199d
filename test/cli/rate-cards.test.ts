import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type FreshDatabase, freshDatabase } from "../support/database.js";
import { chatTerms } from "../rating/cards.js";
import { charglyHere, newMasterKeys, type Ran } from "./chargly.js";

let fresh: FreshDatabase;
let env: Record<string, string>;
let folder: string;
const run = (line: string, input = ""): Promise<Ran> =>
  charglyHere(line.split(" "), { env, input });
const file = async (content: string): Promise<string> => {
  const path = join(folder, "rates.json");
  await writeFile(path, content);
  return path;
};

beforeAll(async () => {
  fresh = await freshDatabase();
  env = { DATABASE_URL: fresh.url, CHARGLY_MASTER_KEYS: newMasterKeys() };
  folder = await mkdtemp(join(tmpdir(), "chargly-rates-"));
  await run("projects create --name shop --mode test");
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await fresh.drop();
});

it("says how to publish a card as long as there is none", async () => {
  const [shown, listed] = [await run("rate-cards show"), await run("rate-cards list")];
  expect([shown.code, shown.stderr]).toEqual([1, expect.stringContaining("rate-cards publish")]);
  expect([listed.code, listed.stdout]).toEqual([0, expect.stringContaining("rate-cards publish")]);
});

it("publishes a file, shows it in words and as JSON, and takes that JSON back through a pipe", async () => {
  const made = await run(`rate-cards publish ${await file(JSON.stringify(chatTerms))} --json`);
  expect(made.json()).toMatchObject({ version: 1, changed: true, events: chatTerms.events });
  const shown = await run("rate-cards show --json");
  const again = await run("rate-cards publish -", shown.stdout);
  expect(again.stdout).toBe("Version 1 says the same already; nothing changed.\n");
  const other = await run(
    "rate-cards publish -",
    '{"events":{"x":{"price":{"type":"flat","credits":1}}}}',
  );
  expect(other.stdout).toBe("Version 2 is in force now.\n");
  const words = await run("rate-cards show --version 1");
  expect(words.stdout).toMatch(
    /chat\.reply +gpt-x +0\.15 per 1,000 inputTokens \+ 0\.6 per 1,000 outputTokens +up +takes what is available/,
  );
  expect(words.stdout).toMatch(/image\.generate +4 per quantity +4 +up +rejected/);
  const listed = await run("rate-cards list --json");
  expect(listed.json().data).toMatchObject([
    { version: 2, eventCount: 1 },
    { version: 1, eventCount: 2 },
  ]);
  const audit = await fresh.db("audit_log").where({ action: "rate_card.publish" }).orderBy("id");
  expect(audit.map(({ actor, subject }) => [actor.split(":")[0], subject])).toEqual([
    ["cli", "version 1"],
    ["cli", "version 2"],
  ]);
});

it.each([
  ["no JSON", "{", "malformed_json"],
  [
    "a number that is not exact",
    '{"events":{"x":{"price":{"type":"flat","credits":1e-7}}}}',
    "invalid_request",
  ],
  [
    "an unknown field",
    '{"events":{"x":{"price":{"type":"flat","credits":1}}},"currency":"usd"}',
    "invalid_request",
  ],
  ["a prototype", '{"events":{"__proto__":{}}}', "invalid_request"],
  ["nothing", "", "malformed_json"],
])("refuses a file with %s, and changes nothing", async (_what, content, code) => {
  const before = (await run("rate-cards list --json")).stdout;
  for (const ran of [
    await run(`rate-cards publish ${await file(content)} --json`),
    await run("rate-cards publish - --json", content),
  ])
    expect([ran.code, ran.stdout, ran.error().code]).toEqual([1, "", code]);
  expect((await run("rate-cards list --json")).stdout).toBe(before);
});

it("names the field at fault, the file that is not there, and the version that does not exist", async () => {
  const wrong = '{"events":{"x":{"price":{"type":"flat","credits":-1}}}}';
  const fault = await run(`rate-cards publish ${await file(wrong)}`);
  expect(fault.stderr).toContain("events.x.price.credits: Credits, 0 or more");
  const missing = await run("rate-cards publish nowhere.json");
  expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining("nowhere.json")]);
  const [unknown, usage] = [
    await run("rate-cards show --version 99"),
    await run("rate-cards show --version x"),
  ];
  expect([unknown.code, usage.code]).toEqual([1, 2]);
});
