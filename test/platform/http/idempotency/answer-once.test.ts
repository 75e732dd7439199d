import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { closeDatabase, connectDatabase } from "../../../../src/platform/db/connect.js";
import { type FreshDatabase, freshDatabase } from "../../../support/database.js";
import { until } from "../../../support/until.js";
import { type Answer, otherProjectKey, startWeb, type Web } from "../web.js";
import { countSales, createSales, outOfCredits, type Shop, sellOnce } from "./purchases.js";

let database: FreshDatabase;
let shop: Shop;
let web: Web;
let buyers = 0;
let buyer = "";
const nothing = async () => undefined;

beforeAll(async () => {
  database = await freshDatabase();
  await createSales(database.db);
  shop = { db: database.db, hook: nothing };
  web = await startWeb([sellOnce], shop);
});
afterAll(async () => {
  await web.close();
  await database.drop();
});
beforeEach(() => {
  shop.hook = nothing;
  buyer = `buyer-${++buyers}`;
});

const sell = (key: string | undefined, body: unknown = { buyer }, bearer?: string) =>
  web.post("/v1/sales", body, {
    headers: {
      ...(key === undefined ? {} : { "idempotency-key": key }),
      ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    },
  });
const replayed = ({ headers }: Answer) => headers.get("idempotent-replayed") === "true";
const sales = () => countSales(database.db, buyer);

/** Holds the next sale between its effect and its commit. */
function holdSale() {
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  let held = 0;
  shop.hook = async () => {
    held++;
    await gate;
  };
  return { open: () => open(), held: () => until(() => held === 1, { because: "the sale" }) };
}

describe("an idempotency key", () => {
  it("makes 64 parallel requests one effect with 64 identical answers", async () => {
    const answers = await Promise.all(Array.from({ length: 64 }, () => sell(buyer)));
    expect(await sales()).toBe(1);
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(answers.filter((answer) => !replayed(answer))).toHaveLength(1);
    expect(new Set(answers.map(({ headers }) => headers.get("location"))).size).toBe(1);
  });

  it("replays the same bytes later, whatever the order and spacing of the fields", async () => {
    const first = await sell(buyer, `{"buyer":"${buyer}","price":1.5,"tags":["a","b"]}`);
    const again = await sell(buyer, `{ "tags": ["a", "b"], "price": 1.50, "buyer": "${buyer}" }`);
    expect([first.status, replayed(first), replayed(again)]).toEqual([201, false, true]);
    expect(again.text).toBe(first.text);
    expect(await sales()).toBe(1);
  });

  it.each([
    ["another value", { price: 2 }],
    ["another order in a list", { tags: ["b", "a"] }],
    ["a field less", {}],
  ])("with %s is another request, and refused", async (_what, change) => {
    await sell(buyer, { buyer, price: 1, tags: ["a", "b"] });
    const { status, json } = await sell(buyer, { buyer, ...change });
    expect([status, json["code"]]).toEqual([422, "idempotency_key_reused"]);
    expect(await sales()).toBe(1);
  });

  it("belongs to one project", async () => {
    await sell(buyer);
    expect(replayed(await sell(buyer, { buyer }, otherProjectKey))).toBe(false);
    expect(await sales()).toBe(2);
  });

  it("is optional: without it every request is one of its own", async () => {
    await Promise.all([sell(undefined), sell(undefined)]);
    expect(await sales()).toBe(2);
  });

  it("is refused when it cannot be kept, before anything happens", async () => {
    for (const key of ["", "x".repeat(256), "with space", "ümlaut"]) {
      const { status, json } = await sell(key);
      expect([status, json["param"]]).toEqual([400, "Idempotency-Key"]);
    }
    expect(await sales()).toBe(0);
    expect((await sell("x".repeat(255))).status).toBe(201);
  });
});

describe("a request that fails leaves its key free", () => {
  it.each([
    ["a refusal", outOfCredits, 402],
    ["a crash", new Error("boom"), 500],
  ])(
    "after %s the same request works, and its effect stands once",
    async (_what, error, status) => {
      shop.hook = async () => {
        throw error;
      };
      expect((await sell(buyer)).status).toBe(status);
      expect(await sales()).toBe(0);
      shop.hook = nothing;
      const retried = await sell(buyer);
      expect([retried.status, replayed(retried)]).toEqual([201, false]);
      expect(await sales()).toBe(1);
    },
  );

  it("after the database ended the session in the middle", async () => {
    shop.hook = async () => {
      await database.db.raw(
        "select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle in transaction' and datname = current_database()",
      );
    };
    const { status } = await sell(buyer);
    expect(status).toBe(503);
    shop.hook = nothing;
    expect((await sell(buyer)).status).toBe(201);
    expect(await sales()).toBe(1);
  });
});

describe("while a request runs, the same request", () => {
  it("waits for it, and gets its answer", async () => {
    const { open, held } = holdSale();
    const first = sell(buyer);
    await held();
    const second = sell(buyer);
    await until(() => isSomebodyWaiting(), { because: "the second request to wait on the row" });
    open();
    const answers = await Promise.all([first, second]);
    expect(answers.map(replayed)).toEqual([false, true]);
    expect(answers[1]?.text).toBe(answers[0]?.text);
  });

  it("takes over when the first one fails", async () => {
    const hold = holdSale();
    const first = sell(buyer);
    await hold.held();
    shop.hook = nothing;
    const second = sell(buyer);
    await until(() => isSomebodyWaiting(), { because: "the second request to wait on the row" });
    await database.db.raw(
      "select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle in transaction' and datname = current_database()",
    );
    hold.open();
    expect([(await first).status, (await second).status]).toEqual([503, 201]);
    expect(await sales()).toBe(1);
  });

  it("is told to come back when it takes too long", async () => {
    const impatient = connectDatabase({
      url: database.url,
      poolMax: 5,
      applicationName: "impatient",
      lockTimeoutMs: 100,
    });
    const hold = holdSale();
    const held = { ...shop, db: impatient };
    const other = await startWeb([sellOnce], held);
    const init = { headers: { "idempotency-key": buyer } };
    const first = other.post("/v1/sales", { buyer }, init);
    await hold.held();
    const { status, json, headers } = await other.post("/v1/sales", { buyer }, init);
    expect([status, json["code"], headers.get("retry-after")]).toEqual([
      409,
      "request_in_flight",
      "1",
    ]);
    hold.open();
    expect((await first).status).toBe(201);
    expect(replayed(await other.post("/v1/sales", { buyer }, init))).toBe(true);
    await other.close();
    await closeDatabase(impatient);
  });
});

async function isSomebodyWaiting(): Promise<boolean> {
  const answer: { rows: unknown[] } = await database.db.raw(
    "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()",
  );
  return answer.rows.length > 0;
}
