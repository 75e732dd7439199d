import { userInfo } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FreshDatabase, freshDatabase } from "../support/database.js";
import { charglyHere, newMasterKeys, type Ran } from "./chargly.js";

let fresh: FreshDatabase;
let env: Record<string, string>;
const run = (line: string, ...rest: string[]): Promise<Ran> =>
  charglyHere([...line.split(" "), ...rest], { env });
const limitsOf = (ran: Ran) => {
  const { perMinute, perDay, perMonth } = ran.json();
  return [perMinute.limit, perDay.limit, perMonth.limit];
};

beforeAll(async () => {
  fresh = await freshDatabase();
  env = { DATABASE_URL: fresh.url, CHARGLY_MASTER_KEYS: newMasterKeys() };
  await run("projects create --name shop --mode test");
  await run("keys create --name backend");
  await run("wallets grant user_123 47 --reason", "welcome credits");
});
afterAll(() => fresh.drop());

describe.each(["wallets limit user_123", "keys limit backend"])("%s", (command) => {
  it("shows, sets, keeps what is not named, and takes away", async () => {
    expect((await run(command)).stdout).toMatch(/minute +none +not counted/);
    const day = await run(`${command} --per-day 100.5 --json`);
    expect(limitsOf(day)).toEqual([null, 100.5, null]);
    const minute = await run(`${command} --per-minute 0 --json`);
    expect(limitsOf(minute)).toEqual([0, 100.5, null]);
    const shown = await run(command);
    expect(shown.stdout).toMatch(/day +100\.5 +0 +100\.5 +\d{4}-\d\d-\d\dT00:00:00\.000Z/);
    expect(limitsOf(await run(`${command} --none --json`))).toEqual([null, null, null]);
    const audit = await fresh.db("audit_log").whereLike("action", "%.limit").orderBy("id");
    expect(audit.at(-1)).toMatchObject({
      actor: `cli:${userInfo().username}`,
      details: {
        before: { perMinute: 0, perDay: 100.5, perMonth: null },
        after: { perMinute: null, perDay: null, perMonth: null },
      },
    });
  });

  it.each([
    "--none --per-day 5",
    "--per-day -1",
    "--per-day much",
    "--per-day 1e3",
    "--per-year 5",
  ])("does not understand %s, and changes nothing", async (options) => {
    expect((await run(`${command} ${options}`)).code).toBe(2);
    expect(await fresh.db("spend_limits")).toEqual([]);
  });
});

it("freezes a wallet, shows it as frozen, and unfreezes it", async () => {
  const frozen = await run("wallets freeze user_123 --json --reason", "a dispute");
  expect(frozen.json()).toMatchObject({
    customerId: "user_123",
    frozen: { reason: "a dispute" },
    changed: true,
  });
  const again = await run("wallets freeze user_123 --reason another");
  expect(again.stdout).toMatch(/^user_123 was frozen already, since .*Z: a dispute\n$/);
  expect((await run("wallets show user_123")).stdout).toMatch(/frozen +since .*Z: a dispute/);
  const thawed = await run("wallets unfreeze user_123 --reason settled");
  expect(thawed.stdout).toBe("user_123 can be spent from again.\n");
  expect((await run("wallets unfreeze user_123")).stdout).toBe("user_123 was not frozen.\n");
  expect((await run("wallets show user_123")).stdout).not.toContain("frozen");
});

it("says what is not there, and asks for a reason to freeze", async () => {
  const [wallet, key, reason] = [
    await run("wallets freeze user_124 --json --reason x"),
    await run("keys limit frontend --json --per-day 1"),
    await run("wallets freeze user_123"),
  ];
  expect([wallet.code, wallet.error().code]).toEqual([1, "not_found"]);
  expect([key.code, key.error().code]).toEqual([1, "not_found"]);
  expect(reason.code).toBe(2);
});
