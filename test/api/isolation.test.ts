import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { AppContext } from "../../src/app/context.js";
import { publicRoutes } from "../../src/app/http.js";
import { newId, publicId } from "../../src/kernel/ids.js";
import { encodeCursor } from "../../src/kernel/page.js";
import { defineRoute, type Route } from "../../src/platform/http/route.js";
import { transactionId } from "../../src/wallets/rules.js";
import { faultsOfAnswer } from "../contract/document.js";
import { startTestStack, type TestStack } from "../support/stack.js";
import { dumpTables, tablesOf } from "./dump.js";
import { gapsOf, namedPlaces, requestOf, routeCases } from "./route-cases.js";
import type { Raw } from "./send.js";
import { withRareRows } from "./rare-rows.js";
import { type Kind, type Names, openAsker, openLiveShop, openShop, type Shop } from "./shops.js";

type AnyRoute = Route<AppContext>;

let stack: TestStack;
let red: Shop;
let blue: Shop;
let live: Shop;
/** Asks about others; sorts behind them, so that a list which began at their names would show its own. */
let zebra: Shop;
const newWord = () => `zebra${randomBytes(4).toString("hex")}`;
beforeAll(async () => {
  stack = await startTestStack({ roles: ["web"] });
  red = await withRareRows(stack, await openShop(stack, "redfish"), "redfish");
  blue = await withRareRows(stack, await openShop(stack, "bluewhale"), "bluewhale");
  live = await openLiveShop(stack, "livegold");
  zebra = await openShop(stack, newWord());
}, 60_000);
afterAll(() => stack.stop());

/** Well formed, and nobody has it. Made anew each time, since asking about a customer may make it known. */
function unknownName(kind: Kind): string {
  const nobody = `nobody${randomBytes(6).toString("hex")}`;
  const names: Names = {
    customer: `${nobody}_customer`,
    apiKey: publicId("apiKey", newId("apiKey")),
    quote: publicId("quote", newId("quote")),
    hold: publicId("hold", newId("hold")),
    holdToRelease: publicId("hold", newId("hold")),
    pack: `${nobody}-small`,
    packCursor: encodeCursor(`${nobody}-large`),
    event: `${nobody}.reply`,
    usage: `${nobody}-usage`,
    transaction: transactionId(newId("wallet"), 1n),
    purchase: publicId("purchase", newId("purchase")),
    refundable: publicId("purchase", newId("purchase")),
    session: `cs_test_${nobody}`,
    agentToken: publicId("apiKey", newId("apiKey")),
    token: nobody,
    origin: `https://${nobody}.example.com/back`,
    run: publicId("reconciliationRun", newId("reconciliationRun")),
    failedJob: publicId("stripeEvent", newId("stripeEvent")),
    grantPreview: publicId("grantPreview", newId("grantPreview")),
  };
  return names[kind];
}

/** A key that has limits makes no tokens, so it gets them last. */
const last = ({ operationId }: AnyRoute) => Number(operationId === "apiKeys.setSpendLimits");
const routes: readonly (readonly [string, AnyRoute])[] = publicRoutes
  .toSorted((one, other) => last(one) - last(other))
  .map((route) => [route.operationId, route]);
/** A wallet token is the right to see that wallet, whoever has it. */
const capabilities: ReadonlySet<Kind> = new Set(["token"]);
const places = routes.flatMap(([operationId, route]) =>
  namedPlaces(routeCases[operationId] ?? {})
    .filter(([, kind]) => !capabilities.has(kind))
    .map(([place, kind]) => [operationId, place, kind, route] as const),
);

/** What is made anew for each answer, and what the request itself said, is not compared. */
function comparable({ status, headers, text }: Raw, sent: string) {
  const plain = (value: string) =>
    [sent, encodeURIComponent(sent)]
      .reduce((before, each) => before.replaceAll(each, "<sent>"), value)
      .replaceAll(/"requestId":"[^"]*"/g, '"requestId":"<id>"')
      .replaceAll(/<code>req_[^<]*<\/code>/g, "<code><id></code>")
      .replaceAll(/\bchg_agent_test_…?\w+/g, "<token>")
      .replaceAll(/\b(adj|key|txn|pur|wlk|gpv)_[0-9a-z]{26}(_\d+)?/g, "$1_<id>")
      .replaceAll(/cs_test_\w+/g, "cs_<id>")
      .replaceAll(/\/wallet\/[\w.-]+/g, "/wallet/<token>")
      .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "<time>");
  const { date: _date, "x-request-id": _requestId, ...rest } = headers;
  const { ratelimit: _ratelimit, "content-length": _length, ...kept } = rest;
  return {
    status,
    text: plain(text),
    headers: Object.fromEntries(Object.entries(kept).map(([name, v]) => [name, plain(v)])),
  };
}

/** Nothing of the other project, but for the one name that the request itself said. */
function expectNothingOf(other: Shop, { text, headers }: Raw, sent: string): void {
  const heard = `${text}\n${JSON.stringify(headers)}`
    .replaceAll(sent, "")
    .replaceAll(encodeURIComponent(sent), "");
  for (const mark of other.marks) expect(heard).not.toContain(mark);
}

it("has a case for every route and every parameter, so that a new one cannot be forgotten", () => {
  expect(publicRoutes.flatMap(gapsOf)).toEqual([]);
  const forgotten = defineRoute<unknown>()({
    method: "get",
    path: "/v1/forgotten/:id",
    operationId: "forgotten.get",
    summary: "Planted",
    params: z.object({ id: z.string() }),
    tags: [],
    auth: "public",
    response: { 200: "text" },
    handle: async () => Promise.reject(new Error("never asked")),
  });
  expect(gapsOf(forgotten)).toEqual(["forgotten.get has no case in test/api/route-cases.ts"]);
});

it("has data of every kind in both test projects, so that there is something to leak", async () => {
  for (const shop of [red, blue]) {
    const dumped = await dumpTables(stack.database, shop.projectId);
    const filled = new Set(dumped.split("\n").map((line) => line.split(" ", 1)[0]));
    const tables = await tablesOf(stack.database.db, true);
    const empty = tables.filter((name) => !filled.has(name) && !filledByOthers.has(name));
    expect(empty).toEqual([]);
  }
});
/** What Stripe sends arrives without a key; test/stripe-events tells whose it is. */
const filledByOthers = new Set(["stripe_events"]);

describe.each(routes)("%s", (operationId, route) => {
  it("answers a project what is its own", async () => {
    for (const shop of [red, blue]) {
      const answer = await shop.ask(requestOf(route, (_place, kind) => shop.name(kind)));
      expect(answer.status, answer.text).toBeLessThan(400);
      if (route.path.startsWith("/v1/")) expect(faultsOfAnswer(operationId, answer)).toEqual([]);
      const reads = route.method === "get" && namedPlaces(routeCases[operationId] ?? {}).length > 0;
      const heard = `${answer.text}${JSON.stringify(answer.headers)}`;
      if (reads) expect(shop.marks.some((mark) => heard.includes(mark))).toBe(true);
    }
  });

  it("holds nothing of another project when asked about one's own", async () => {
    const answer = await red.ask(requestOf(route, (_place, kind) => red.name(kind)));
    for (const other of [blue, live]) expectNothingOf(other, answer, "");
  });
});

/** The kinds that a route's request names. */
const kindsIn = (operationId: string): readonly Kind[] =>
  namedPlaces(routeCases[operationId] ?? {}).map(([, kind]) => kind);

describe.each(places)("%s, where %s names a %s", (operationId, place, kind, route) => {
  it("answers another project's exactly as it answers an unknown one, and touches nothing", async () => {
    // What is written under another project's name here must not be found by the next case.
    const asker =
      route.method === "get" ? zebra : await openAsker(stack, newWord(), kindsIn(operationId));
    const askWith = (name: string) =>
      asker.ask(requestOf(route, (at, itsKind) => (at === place ? name : asker.name(itsKind))));
    const nobodys = unknownName(kind);
    const unknown = comparable(await askWith(nobodys), nobodys);
    for (const other of [blue, live]) {
      const before = await untouched(other);
      const theirs = other.name(kind);
      const foreign = await askWith(theirs);
      expect(foreign.status, foreign.text).toBe(routeCases[operationId]?.unknown?.[kind] ?? 404);
      expect(comparable(foreign, theirs)).toEqual(unknown);
      expectNothingOf(other, foreign, theirs);
      expect(await dumpTables(stack.database, other.projectId)).toBe(before);
    }
  });
});

/** All rows of a shop as the first of these cases found them: no case may change any. */
const dumps = new Map<Shop, Promise<string>>();
function untouched(shop: Shop): Promise<string> {
  const known = dumps.get(shop) ?? dumpTables(stack.database, shop.projectId);
  dumps.set(shop, known);
  return known;
}

describe("a customer of another project", () => {
  it("is a customer without a wallet here: empty, and no line on the statement", async () => {
    for (const other of [blue, live]) {
      const wallet = `/v1/wallets/${other.name("customer")}`;
      const { json } = await zebra.ask({ method: "GET", path: wallet });
      expect(json).toMatchObject({ available: 0, held: 0, debt: 0, total: 0, createdAt: null });
      const lines = await zebra.ask({ method: "GET", path: `${wallet}/transactions` });
      expect(lines.json).toMatchObject({ data: [], hasMore: false, nextCursor: null });
    }
  });
});

describe("an Idempotency-Key", () => {
  const idempotent = routes.filter(([, route]) => route.idempotent === true);

  it.each(idempotent)("of another project is another key: %s", async (_operationId, route) => {
    // What can be done once, such as a release, has been done in the others.
    const kinds = kindsIn(route.operationId);
    const [mine, theirs] = await Promise.all([
      openAsker(stack, newWord(), kinds),
      openAsker(stack, newWord(), kinds),
    ]);
    // A dry run has an answer of its own, before that of what is done.
    const done = Number(Object.keys(route.response).at(-1));
    const headers = { "idempotency-key": `same-${route.operationId}` };
    const ask = (shop: Shop) =>
      shop.ask(
        requestOf(route, (_place, kind) => shop.name(kind)),
        headers,
      );
    const [first, second] = [await ask(mine), await ask(theirs)];
    expect([first.status, second.status]).toEqual([done, done]);
    expect(second.headers["idempotent-replayed"]).toBeUndefined();
    expectNothingOf(mine, second, "");
    const again = await ask(mine);
    expect([again.status, again.headers["idempotent-replayed"]]).toEqual([done, "true"]);
    expect(again.text).toBe(first.text);
  });

  it("is taken by the routes that move money or start a payment", () => {
    expect(idempotent.map(([operationId]) => operationId)).toEqual(
      expect.arrayContaining([
        "wallets.grant",
        "wallets.correct",
        "checkouts.create",
        "holds.create",
        "holds.capture",
        "holds.release",
      ]),
    );
  });
});

describe("a test key", () => {
  it("is no live key, however it is spelled, and sees nothing that is live", async () => {
    const respelled = red.key.replace("chg_test_", "chg_live_");
    const path = `/v1/wallets/${live.name("customer")}`;
    const asked = await red.ask({ method: "GET", path }, { authorization: `Bearer ${respelled}` });
    expect(asked.status).toBe(401);
    const own = await live.ask({ method: "GET", path });
    expect(own.json).toMatchObject({ total: 42 });
  });

  it("is refused when its row was moved to a live project by hand", async () => {
    const { db } = stack.database;
    const moved = await openAsker(stack, "movedmouse", []);
    await db("api_keys")
      .where({ project_id: moved.projectId })
      .update({ project_id: live.projectId });
    const another = await stack.start(["web"]); // remembers no key
    const answer = await fetch(`${another.url}/v1/wallets/${live.name("customer")}`, {
      headers: { authorization: `Bearer ${moved.key}` },
    });
    expect(answer.status).toBe(401);
  });
});

describe("the pages of operations", () => {
  it.each(["/healthz", "/readyz", "/metrics", "/ops", "/ops/queues"])(
    "%s hold nothing of any project, with any project's key",
    async (path) => {
      const answer = await red.ask({ method: "GET", path });
      for (const shop of [red, blue, live]) expectNothingOf(shop, answer, "");
    },
  );
});
