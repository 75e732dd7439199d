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

describe("tokens", () => {
  const customer = "tokens create-agent --customer user_123";

  it("of agents are made with a budget, shown once, listed, and revoked by name", async () => {
    const made = await run(`${customer} --name assistant --per-call 5 --expires 8h --json`);
    const { token, id, ...shown } = made.json();
    expect(token).toMatch(/^chg_agent_test_[0-9a-f]{48}$/);
    expect(shown).toMatchObject({ customerId: "user_123", kind: "agent", status: "in_force" });
    expect(shown["tools"]).toHaveLength(11);
    expect(shown["budget"]).toMatchObject({ perCall: 5, total: { limit: null, spent: 0 } });
    const hours = (Date.parse(shown["expiresAt"]) - Date.parse(shown["createdAt"])) / 3_600_000;
    expect(hours).toBeCloseTo(8, 2);
    const listed = await run("tokens list --customer user_123");
    expect(listed.stdout).toMatch(/assistant +chg_agent_test_….{4} +user_123 +in force/);
    expect(listed.stdout).not.toContain(token);
    expect((await run("keys list")).stdout).not.toContain("assistant");
    expect((await run("keys revoke", id)).code).toBe(1);
    expect((await run("keys limit", id, "--per-day", "9")).code).toBe(1);
    expect((await run("tokens revoke assistant")).stdout).toContain(`Revoked ${id}`);
    expect((await run("tokens list")).stdout).toMatch(/assistant .* revoked/);
    const audit = await fresh.db("audit_log").whereLike("action", "agent_token.%").orderBy("id");
    expect(audit.map(({ action }) => action)).toEqual(["agent_token.create", "agent_token.revoke"]);
    expect(JSON.stringify(audit)).not.toContain(token.slice(15));
    expect(audit[0]).toMatchObject({ subject: id, details: { budget: { perCall: 5 } } });
  });

  it("of operators are made for named tools, here only", async () => {
    const name = "--name on-call --tools freeze_wallet unfreeze_wallet --expires 30m --json";
    const made = await run(`tokens create-operator ${name}`);
    expect(made.json().token).toMatch(/^chg_operator_test_[0-9a-f]{48}$/);
    expect(made.json()).toMatchObject({ tools: ["freeze_wallet", "unfreeze_wallet"] });
    const key = await fresh.db("api_keys").where({ kind: "operator" }).first();
    expect(key).toMatchObject({ scopes: ["wallets:control"], wallet_id: null });
    expect((await run("tokens revoke on-call")).code).toBe(0);
  });

  it.each([
    ["tokens create-operator --name x", 2],
    ["tokens create-operator --name x --tools meter_event", 2],
    [`${customer} --name x --tools freeze_wallet --total 5`, 2],
    [`${customer} --name x --total 5 --expires 91d`, 2],
    [`${customer} --name x --total 5 --expires 59s`, 2],
    [`${customer} --name x --total 5 --expires soon`, 2],
    [`${customer} --name x`, 1],
    [`${customer} --name x --total 5 --tools get_wallet --names-prices`, 1],
  ])("are not made by: %s", async (line, exitCode) => {
    const before = await fresh.db("api_keys").pluck("id");
    expect((await run(line)).code).toBe(exitCode);
    expect(await fresh.db("api_keys").pluck("id")).toEqual(before);
  });
});
