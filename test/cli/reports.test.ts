import { afterAll, beforeAll, expect, it } from "vitest";
import { type FreshDatabase, freshDatabase } from "../support/database.js";
import { charglyHere, newMasterKeys, type Ran } from "./chargly.js";

let fresh: FreshDatabase;
let env: Record<string, string>;
const run = (line: string): Promise<Ran> => charglyHere(line.split(" "), { env });

beforeAll(async () => {
  fresh = await freshDatabase();
  env = { DATABASE_URL: fresh.url, CHARGLY_MASTER_KEYS: newMasterKeys() };
  await run("projects create --name shop --mode test");
  await run("wallets grant user_123 47 --reason welcome");
  await run("wallets correct user_123 -7 --reason counted-twice");
});
afterAll(() => fresh.drop());

const month = () => new Date().toISOString().slice(0, 7);

it("reports a month for people, for scripts and for spreadsheets", async () => {
  const told = await run(`reports month ${month()}`);
  expect(told.stdout).toContain(`${month()}, still open: it can change\n`);
  expect(told.stdout).toMatch(/^CREDITS, GIVEN +CREDITS +AMOUNT$/m);
  expect(told.stdout).toMatch(/^withdrawn +-7$/m);
  expect(told.stdout).toMatch(/^at end +40$/m);
  const { credits, currencies } = (await run(`reports month ${month()} --json`)).json();
  expect([credits.granted, credits.withdrawn, credits.atEnd, currencies]).toEqual([
    "47",
    "7",
    "40",
    [],
  ]);
  const { stdout } = await run(`reports month ${month()} --csv`);
  expect(stdout.split("\r\n")).toContain(`${month()},outstanding,given,withdrawn,-7,,`);
});

it("says what is no month", async () => {
  const { code, stderr } = await run("reports month november");
  expect([code, stderr]).toEqual([1, "Write a month as 2026-11.\n"]);
});
