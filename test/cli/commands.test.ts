import { userInfo } from "node:os";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { applicationScopes } from "../../src/tenancy/rules.js";
import { type FreshDatabase, freshDatabase } from "../support/database.js";
import { dump } from "../wallets/api.js";
import { chargly, charglyHere, newMasterKeys, type Ran } from "./chargly.js";

let fresh: FreshDatabase;
let env: Record<string, string>;
const run = (line: string, ...rest: string[]): Promise<Ran> =>
  charglyHere([...line.split(" "), ...rest], { env });
const runJson = (line: string, ...rest: string[]): Promise<Ran> => run(line, ...rest, "--json");

beforeAll(async () => {
  fresh = await freshDatabase();
  env = { DATABASE_URL: fresh.url, CHARGLY_MASTER_KEYS: newMasterKeys() };
});
afterAll(() => fresh.drop());

describe("one project, from nothing", () => {
  it("is made, listed and let lead to more origins, with an audit line for each change", async () => {
    const none = await run("packs list");
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("projects create")]);
    const made = await runJson(
      "projects create --name shop --mode test --origin http://localhost:5173",
    );
    expect(made.json()).toEqual({
      id: expect.stringMatching(/^prj_[0-9a-z]{26}$/),
      name: "shop",
      mode: "test",
      allowedOrigins: ["http://localhost:5173"],
      createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
      pausedAt: null,
      pausedBecause: null,
    });
    const more = "https://a.example.com";
    const allowed = await runJson("projects allow-origin shop", more, `${more}/`);
    expect(allowed.json().allowedOrigins).toEqual(["http://localhost:5173", more]);
    const [listed, again] = await Promise.all([
      runJson("projects list"),
      runJson("projects create --name shop --mode test"),
    ]);
    expect(listed.json()).toEqual({
      data: [{ ...made.json(), allowedOrigins: ["http://localhost:5173", more] }],
    });
    expect([again.code, again.stdout, again.error().code]).toEqual([1, "", "conflict"]);
    const audit = await fresh.db("audit_log").orderBy("id").select("actor", "action");
    const actor = `cli:${userInfo().username}`;
    expect(audit).toEqual([
      { actor, action: "project.create" },
      { actor, action: "project.allow_origins" },
    ]);
  });

  it("shows a key once, lists it by its ending, and revokes it by name", async () => {
    const made = await runJson("keys create --name backend");
    const { secret, ...shown } = made.json();
    expect(secret).toMatch(/^chg_test_[0-9a-f]{48}$/);
    expect(shown).toEqual({
      id: expect.stringMatching(/^key_/),
      name: "backend",
      hint: `chg_test_…${secret.slice(-4)}`,
      scopes: [...applicationScopes],
      createdAt: expect.any(String),
      lastUsedAt: null,
      revokedAt: null,
    });
    const [operator, some] = await Promise.all([
      run("keys create --name boss --operator"),
      runJson("keys create --name report --scope wallets:read --scope packs:read"),
    ]);
    expect(operator.stdout).toContain("shown once");
    expect(operator.stdout).toContain("wallets:adjust");
    expect(some.json().scopes).toEqual(["wallets:read", "packs:read"]);
    const revoked = await runJson("keys revoke backend");
    const ended = { revokedAt: expect.any(String), tokensRevoked: 0 };
    expect(revoked.json()).toEqual({ ...shown, ...ended });
    const [list, twice] = await Promise.all([runJson("keys list"), run("keys revoke backend")]);
    expect(list.json().data).toHaveLength(3);
    expect(list.stdout).not.toContain(secret);
    expect([twice.code, twice.stderr]).toEqual([1, expect.stringContaining("no key")]);
  });

  it("sells packs whose price is read by its digits, and keeps what is not named", async () => {
    const starter = await runJson(
      "packs set starter-500 --credits 500 --price 9.99 --currency usd --name",
      "500 credits",
    );
    expect(starter.json()).toEqual({
      code: "starter-500",
      version: 1,
      name: "500 credits",
      credits: 500,
      bonusCredits: 0,
      price: { amount: 999, currency: "usd", display: "$9.99" },
      validityDays: null,
      onSale: true,
      createdAt: expect.any(String),
      changed: true,
    });
    await Promise.all([
      run("packs set yen --name Yen --credits 0.5 --price 1200 --currency jpy --bonus 0.25"),
      run(
        "packs set dinar --name Dinar --credits 10 --price 3.5 --currency kwd --validity-days 30",
      ),
    ]);
    const off = await runJson("packs set starter-500 --off-sale");
    expect(off.json()).toMatchObject({ version: 2, onSale: false, credits: 500, changed: true });
    const cheaper = await runJson("packs set starter-500 --price 8.9");
    expect(cheaper.json()).toMatchObject({ version: 3, onSale: false, price: { amount: 890 } });
    const same = await runJson("packs set starter-500 --price 8.90");
    expect(same.json()).toMatchObject({ version: 3, changed: false });
    const { data } = (await runJson("packs list")).json();
    expect(data.map((pack: { price: { amount: number } }) => pack.price.amount)).toEqual([
      3_500, 890, 1_200,
    ]);
  });

  it("gives and corrects credits with a reason, and explains each in the statement", async () => {
    const empty = await runJson("wallets show user_123");
    expect(empty.json()).toMatchObject({ customerId: "user_123", total: 0, createdAt: null });
    const granted = await runJson("wallets grant user_123 47 --reason", "welcome credits");
    expect(granted.json()).toMatchObject({ balance: { available: 47, total: 47 } });
    const corrected = await runJson("wallets correct user_123 -12.5 --reason", "counted twice");
    expect(corrected.json()).toMatchObject({
      customerId: "user_123",
      transactions: [{ seq: 2, kind: "correction_out", credits: -12.5 }],
      balance: { available: 34.5 },
    });
    const [statement, text, page, link] = await Promise.all([
      runJson("wallets statement user_123"),
      run("wallets statement user_123"),
      runJson("wallets statement user_123 --limit 1"),
      runJson("wallets link user_123 --ttl-seconds 60"),
    ]);
    expect(statement.json().data.map((line: { description: string }) => line.description)).toEqual([
      "Corrected: counted twice",
      "Given: welcome credits",
    ]);
    expect(text.stdout).toMatch(/-12\.5\s+Corrected: counted twice\s+34\.5\n/);
    expect(page.json()).toMatchObject({ hasMore: true, nextCursor: expect.any(String) });
    expect(link.json().url).toMatch(/^http:\/\/localhost:3000\/wallet\/wal_/);
    const whole = await runJson("wallets statement user_123 --from 2026-01-01");
    expect(whole.json()).toMatchObject({ count: 2, closingBalance: { total: 34.5 } });
    const [csv, told, none] = await Promise.all([
      run("wallets statement user_123 --csv"),
      run("wallets statement user_123 --from 2026-01-01"),
      run("wallets statement user_123 --to 2026-01-01"),
    ]);
    expect(csv.stdout.split("\r\n").map((row) => row.split(",")[4])).toEqual([
      "credits",
      "",
      "47",
      "-12.5",
      "",
      undefined,
    ]);
    expect(told.stdout).toMatch(
      /^opening balance  0\n[^]*Given[^]*Corrected[^]*closing balance  34\.5\n$/,
    );
    expect(none.stdout).toBe("opening balance  0\nclosing balance  0\n");
    expect((await run("wallets statement user_123 --csv --limit 1")).code).toBe(2);
    const [line] = await fresh.db("audit_log").where("action", "wallet.correct");
    expect(line).toMatchObject({
      actor: `cli:${userInfo().username}`,
      details: { credits: -12.5 },
    });
  });
});

describe("what is refused leaves no trace and says what to do", () => {
  it.each([
    [
      "a correction below zero",
      1,
      "wallets correct user_123 -1000 --reason x",
      "insufficient_credits",
    ],
    ["an unknown project", 1, "keys list --project nobody", "not_found"],
    [
      "an origin with a path",
      1,
      "projects allow-origin shop https://a.example.com/path",
      "invalid_request",
    ],
    [
      "three decimals of a dollar",
      1,
      "packs set p --name P --credits 1 --price 9.999 --currency usd",
      "invalid_request",
    ],
    [
      "a price that Stripe would round",
      1,
      "packs set p --name P --credits 1 --price 3.505 --currency kwd",
      "invalid_request",
    ],
    ["a new pack without its price", 1, "packs set p --name P --credits 1", "invalid_request"],
    [
      "releasing an unknown purchase",
      1,
      "purchases release pur_01k2x3v9g7f6q8r5s4t3w2y1z0",
      "not_found",
    ],
    ["retrying an unknown event", 1, "events retry evt_nobody", "not_found"],
    ["credits with an exponent", 2, "wallets grant user_123 1e3 --reason x", "usage"],
    ["Arabic digits", 2, "wallets grant user_123 ٥ --reason x", "usage"],
    ["a grant without a reason", 2, "wallets grant user_123 5", "usage"],
    ["an unknown scope", 2, "keys create --name k --scope all", "usage"],
    ["an unknown command", 2, "wallets steal user_123", "usage"],
    ["a group without a command", 2, "wallets", "usage"],
    ["an unknown option", 2, "doctor --fast", "usage"],
  ])("%s exits with %i", async (_title, code, line, errorCode) => {
    const before = await dump(fresh);
    const ran = await runJson(line);
    expect([ran.code, ran.stdout, ran.error().code]).toEqual([code, "", errorCode]);
    expect(ran.error().detail).not.toMatch(/\n\s+at /);
    expect(await dump(fresh)).toBe(before);
  });

  it("asks which project when there are several, and takes its id", async () => {
    const other = (await runJson("projects create --name other --mode live")).json();
    const [unsaid, said] = await Promise.all([
      run("packs list"),
      runJson("packs list --project", other.id),
    ]);
    expect([unsaid.code, unsaid.stderr]).toEqual([
      1,
      expect.stringMatching(/prj_.*test +shop\n +prj_.*live +other/),
    ]);
    expect([said.code, said.json()]).toEqual([0, { data: [] }]);
  });
});

it("works as a program: answers on standard output, errors on standard error, and its exit code", async () => {
  const show = ["wallets", "show", "user_123", "--project", "shop"];
  const [text, json, usage] = await Promise.all([
    chargly(show, { env }),
    chargly([...show, "--json"], { env }),
    chargly(["wallets", "grant", "user_123", "5"], { env }),
  ]);
  expect([text.code, text.stderr]).toEqual([0, ""]);
  expect(text.stdout).toMatch(/^customer +user_123\navailable +34\.5\n/);
  expect([json.code, json.json().available]).toEqual([0, 34.5]);
  expect([usage.code, usage.stdout]).toEqual([2, ""]);
  expect(usage.stderr).toContain("required option '--reason <text>' not specified");
  const [refused, help] = [await run("wallets show user_123"), await run("wallets grant --help")];
  expect([refused.code, refused.stdout]).toEqual([1, ""]);
  expect([help.code, help.stderr]).toEqual([0, ""]);
  expect(help.stdout).toMatch(/Example:\n.*wallets grant user_123 47/);
}, 120_000);
