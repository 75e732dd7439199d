import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { growLedger } from "../ledger/grown-ledger.js";
import { statementJson } from "../../src/wallets/render-export.js";
import { type Api, startApi, type Tenant } from "./api.js";

let api: Api;
let tenant: Tenant;
beforeAll(async () => {
  api = await startApi();
  tenant = await api.tenant();
});
afterAll(() => api.close());

const day = 86_400_000;
const isoDay = (fromNow: number) => new Date(Date.now() + fromNow * day).toISOString().slice(0, 10);

async function give(customer: string, credits: number, reason: string) {
  const path = credits > 0 ? "grants" : "corrections";
  const answer = await tenant.send("POST", `/v1/wallets/${customer}/${path}`, { credits, reason });
  expect(answer.status).toBe(201);
}

describe("the statement of a wallet", () => {
  it("is one JSON document from the opening to the closing balance, the oldest line first", async () => {
    await give("ann", 47, "welcome");
    await give("ann", -7.5, "counted twice");
    const answer = await tenant.get("/v1/wallets/ann/statement");
    expect(answer.status).toBe(200);
    expect(answer.headers.get("content-disposition")).toBe(
      'attachment; filename="statement-ann.json"',
    );
    const statement = statementJson.parse(answer.json);
    expect(statement).toMatchObject({
      customerId: "ann",
      from: null,
      to: null,
      openingBalance: { total: 0 },
      closingBalance: { available: 39.5, total: 39.5 },
      count: 2,
    });
    expect(
      statement.transactions.map(({ credits, description }) => [credits, description]),
    ).toEqual([
      [47, "Given: welcome"],
      [-7.5, "Corrected: counted twice"],
    ]);
    const listed = await tenant.get("/v1/wallets/ann/transactions");
    expect(statement.transactions.toReversed()).toEqual(listed.json["data"]);
  });

  it("is CSV between its balances when asked, and no cell of it a formula", async () => {
    await give("bob", 10, '=HYPERLINK("http://evil.example","pay")');
    await give("bob", -2.5, "one, two");
    const answer = await tenant.get("/v1/wallets/bob/statement?format=csv");
    expect(answer.headers.get("content-type")).toBe("text/csv; charset=utf-8; header=present");
    expect(answer.headers.get("content-disposition")).toBe(
      'attachment; filename="statement-bob.csv"',
    );
    const [titles = "", opening = "", given = "", corrected = "", closing = "", end] =
      answer.text.split("\r\n");
    expect(titles).toBe(
      "seq,at,kind,description,credits,available,held,debt,total,transactionId,causeType,causeId,lotNo,holdId",
    );
    expect(opening).toBe(",,,opening balance,,0,0,0,0,,,,,");
    expect(given).toContain(
      ',promotion,"Given: =HYPERLINK(""http://evil.example"",""pay"")",10,10,0,0,10,txn_',
    );
    expect(corrected).toContain(',correction_out,"Corrected: one, two",-2.5,7.5,0,0,7.5,txn_');
    expect(closing).toBe(",,,closing balance,,7.5,0,0,7.5,,,,,");
    expect(end).toBe("");
  });

  it("takes days and times, and is empty between what was and what will be", async () => {
    await give("cai", 5, "welcome");
    const total = async (query: string) => {
      const { json } = await tenant.get(`/v1/wallets/cai/statement?${query}`);
      const { openingBalance, count, closingBalance } = statementJson.parse(json);
      return [openingBalance.total, count, closingBalance.total];
    };
    expect(await total(`to=${isoDay(-1)}`)).toEqual([0, 0, 0]);
    expect(await total(`from=${isoDay(-1)}&to=${isoDay(2)}`)).toEqual([0, 1, 5]);
    expect(await total(`from=${isoDay(2)}`)).toEqual([5, 0, 5]);
    const offset = encodeURIComponent(`${isoDay(-1)}T00:00:00+02:00`);
    expect(await total(`from=${offset}`)).toEqual([0, 1, 5]);
  });

  it("of a customer without a wallet is empty, and opens none", async () => {
    const before = await api.written();
    const { json } = await tenant.get("/v1/wallets/nobody/statement");
    expect(statementJson.parse(json)).toMatchObject({ count: 0, closingBalance: { total: 0 } });
    expect(await api.written()).toBe(before);
  });

  it.each([
    ["from=2026-02-01&to=2026-02-01", "to"],
    ["from=2026-02-30", "from"],
    ["from=yesterday", "from"],
    ["format=xlsx", "format"],
    ["limit=5", "limit"],
  ])("refuses ?%s and says which field", async (query, param) => {
    const { status, json } = await tenant.get(`/v1/wallets/ann/statement?${query}`);
    expect([status, json["code"], json["param"]]).toEqual([400, "invalid_request", param]);
  });

  it("names its file by plain letters, whatever the customer is called", async () => {
    const name = encodeURIComponent('ü"; x=\\y/..');
    const answer = await tenant.get(`/v1/wallets/${name}/statement?from=2026-01-31`);
    expect(answer.headers.get("content-disposition")).toBe(
      'attachment; filename="statement-____x__y_..-2026-01-31.json"',
    );
  });

  it("of many lines arrives whole, and a HEAD makes none of it", async () => {
    const { id: projectId } = tenant.project;
    await growLedger(api.db, { projectId, wallets: 1, transfersPerWallet: 1_000 });
    const { json } = await tenant.get("/v1/wallets/grown_1/statement");
    const { transactions, count } = statementJson.parse(json);
    expect([transactions.length, count, transactions.at(-1)?.seq]).toEqual([1_000, 1_000, 1_000]);
    const { text } = await tenant.get("/v1/wallets/grown_1/statement?format=csv");
    expect(text.split("\r\n")).toHaveLength(1_000 + 4);
    const headers = { authorization: `Bearer ${tenant.key.secret}` };
    const head = await api.web.get("/v1/wallets/grown_1/statement", { method: "HEAD", headers });
    expect([head.status, head.text]).toEqual([200, ""]);
  });

  it("that breaks on the way is cut off, so that nobody takes it for whole", async () => {
    await api.db.transaction(async (trx) => {
      await trx.raw("set local session_replication_role = replica");
      await trx("transfers").where({ seq: 800 }).increment("amount", 1);
    });
    await expect(tenant.get("/v1/wallets/grown_1/statement")).rejects.toThrow("terminated");
    expect(api.web.logged()).toContain("each line continues the one before it");
  });
});
