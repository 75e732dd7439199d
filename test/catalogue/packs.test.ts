import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listPacks, readPack, readPackVersion } from "../../src/catalogue/read-packs.js";
import { publishPack } from "../../src/catalogue/publish-pack.js";
import { wholeCredits, zeroCredits } from "../../src/kernel/credits.js";
import { publicId } from "../../src/kernel/ids.js";
import { type Api, startApi, type Tenant } from "../wallets/api.js";

let api: Api;
let shop: Tenant;
beforeAll(async () => {
  api = await startApi();
  shop = await api.tenant();
});
afterAll(() => api.close());

const starter = { name: "500 credits", credits: 500, price: { amount: 999, currency: "usd" } };
const publish = (code: string, terms: unknown, tenant = shop) =>
  tenant.send("PUT", `/v1/credit-packs/${code}`, terms);

describe("publishing a pack", () => {
  it("answers its first version with everything a shop shows", async () => {
    const { status, json } = await publish("starter-500", starter);
    expect(status).toBe(201);
    expect(json).toEqual({
      code: "starter-500",
      version: 1,
      name: "500 credits",
      credits: 500,
      bonusCredits: 0,
      price: { amount: 999, currency: "usd", display: "$9.99" },
      validityDays: null,
      onSale: true,
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    });
    expect((await shop.get("/v1/credit-packs/starter-500")).json).toEqual(json);
  });

  it("keeps one version for the same terms, and makes another for other terms", async () => {
    const statuses: number[] = [];
    const versions: unknown[] = [];
    for (const terms of [
      starter,
      starter,
      { ...starter, bonusCredits: "0.5", validityDays: 365 },
      { ...starter, bonusCredits: 0.5, validityDays: 365 },
      { ...starter, onSale: false },
    ]) {
      const { status, json } = await publish("versions", terms);
      statuses.push(status);
      versions.push(json["version"]);
    }
    expect(statuses).toEqual([201, 200, 201, 200, 201]);
    expect(versions).toEqual([1, 1, 2, 2, 3]);
    const entries = await api
      .db("audit_log")
      .where({ project_id: shop.project.id, subject: "versions" })
      .orderBy("id");
    expect(entries).toMatchObject(
      [1, 2, 3].map((version) => ({
        actor: publicId("apiKey", shop.key.id),
        action: "credit_pack.publish",
        details: { version },
      })),
    );
  });

  it("leaves earlier versions as they were, for the purchases made with them", async () => {
    await publish("kept", starter);
    const first = await readPack(api.db, shop.project.id, "kept");
    await publish("kept", { ...starter, price: { amount: 1_499, currency: "eur" } });
    expect(await readPackVersion(api.db, shop.project.id, first.id)).toEqual(first);
    for (const change of [
      api.db("credit_packs").where({ id: first.id }).update({ amount_minor: 1 }),
      api.db("credit_packs").where({ id: first.id }).delete(),
    ])
      await expect(change).rejects.toMatchObject({ constraint: "credit_packs_immutable" });
  });

  it("gives one of two publishers at once the version, and the other a conflict or the same", async () => {
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) => publish("raced", { ...starter, name: `by ${n}` })),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.every((status) => status === 201 || status === 409)).toBe(true);
    const versions = await api
      .db("credit_packs")
      .where({ project_id: shop.project.id, code: "raced" })
      .orderBy("version")
      .pluck("version");
    const published = statuses.filter((status) => status === 201).length;
    expect(versions).toEqual(Array.from({ length: published }, (_, n) => n + 1));
  });

  it("belongs to one project: two may use the same code", async () => {
    const other = await api.tenant();
    await publish("shared", starter);
    const { json } = await publish("shared", { ...starter, credits: 5 }, other);
    expect(json).toMatchObject({ version: 1, credits: 5 });
    expect((await shop.get("/v1/credit-packs/shared")).json).toMatchObject({ credits: 500 });
  });
});

describe("a price", () => {
  it.each([
    ["usd", 999, "$9.99"],
    ["jpy", 1_200, "¥1,200"],
    ["krw", 10_000, "₩10,000"],
    ["kwd", 3_500, "KWD\u00a03.500"],
    ["isk", 120_000, "ISK\u00a01,200"],
    ["huf", 390_000, "HUF\u00a03,900.00"],
    ["usd", 99_999_999, "$999,999.99"],
  ])("in %s of %d minor units reads %s", async (currency, amount, display) => {
    const price = { amount, currency };
    const { status, json } = await publish(`in-${currency}-${amount}`, { ...starter, price });
    expect([status, json["price"]]).toEqual([201, { ...price, display }]);
  });

  it.each([
    ["a three-decimal amount that Stripe rounds", { amount: 3_501, currency: "kwd" }, "price"],
    ["a fraction of a krona", { amount: 120_050, currency: "isk" }, "price"],
    ["nothing", { amount: 0, currency: "usd" }, "price.amount"],
    ["less than nothing", { amount: -1, currency: "usd" }, "price.amount"],
    ["a fraction of a cent", { amount: 9.99, currency: "usd" }, "price.amount"],
    ["more than Stripe charges", { amount: 100_000_000, currency: "usd" }, "price.amount"],
    ["a currency in capitals", { amount: 999, currency: "USD" }, "price.currency"],
    ["no currency", { amount: 999 }, "price.currency"],
    ["an unknown field", { amount: 999, currency: "usd", display: "$1" }, "price.display"],
  ])("of %s is refused, and named", async (_what, price, param) => {
    const before = await api.written();
    const { status, json } = await publish("priced", { ...starter, price });
    expect([status, json["code"], json["param"]]).toEqual([400, "invalid_request", param]);
    expect(await api.written()).toBe(before);
  });
});

it.each([
  ["validityDays", { validityDays: 0 }],
  ["validityDays", { validityDays: 3_651 }],
  ["bonusCredits", { bonusCredits: -1 }],
  ["bonusCredits", { credits: 999_999_999, bonusCredits: 1 }],
  ["name", { name: "" }],
  ["name", { name: "x".repeat(101) }],
  ["onSale", { onSale: "yes" }],
])("refuses terms with a wrong %s", async (param, wrong) => {
  const { status, json } = await publish("wrong", { ...starter, ...wrong });
  expect([status, json["param"]]).toEqual([400, param]);
});

it.each(["Starter", "-a", "a b", "a".repeat(65), "é", "a%2Fb"])(
  "refuses %s as a code",
  async (code) => {
    expect(await publish(code, starter)).toMatchObject({ status: 400, json: { param: "code" } });
  },
);

it("lists the version in force of every pack by code, page by page", async () => {
  const { project, get } = await api.tenant();
  const terms = {
    name: "x",
    credits: wholeCredits(1),
    bonusCredits: zeroCredits,
    price: { amountMinor: 100n, currency: "usd" },
    validityDays: null,
    onSale: true,
  };
  const codes = ["a", "a-1", "a.b", "a_1", "b", "z-9"];
  for (const code of codes.toReversed())
    for (const name of ["old", "new"])
      await api.db.transaction((trx) =>
        publishPack(trx, project.id, code, { ...terms, name }, "x"),
      );
  const whole = await listPacks(api.db, project.id, { size: 100 });
  expect(whole.data.map(({ code, name }) => [code, name])).toEqual(
    expect.arrayContaining(codes.map((code) => [code, "new"])),
  );
  const seen: unknown[] = [];
  let query = "?limit=4";
  for (;;) {
    const { json } = await get(`/v1/credit-packs${query}`);
    if (Array.isArray(json["data"])) seen.push(...json["data"].map((pack) => pack.code));
    if (json["hasMore"] !== true) break;
    query = `?limit=4&cursor=${json["nextCursor"]}`;
  }
  expect(seen).toEqual(whole.data.map(({ code }) => code));
  expect(seen).toHaveLength(codes.length);
});
