import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { newId } from "../../../../src/kernel/ids.js";
import { answerOnce } from "../../../../src/platform/http/idempotency/answer-once.js";
import {
  type ClaimOptions,
  claimKey,
  completeKey,
  releaseKey,
} from "../../../../src/platform/http/idempotency/claim-key.js";
import {
  fingerprintOf,
  type Idempotency,
} from "../../../../src/platform/http/idempotency/idempotency.js";
import { sweepIdempotencyKeys } from "../../../../src/platform/http/idempotency/sweep-idempotency-keys.js";
import { page, reply } from "../../../../src/platform/http/reply.js";
import { type FreshDatabase, freshDatabase } from "../../../support/database.js";
import { startWeb } from "../web.js";
import { countSales, createSales, type Shop, sellInSteps } from "./purchases.js";

let database: FreshDatabase;
let request: Idempotency;
const projectId = newId("project");
beforeAll(async () => {
  database = await freshDatabase();
  await createSales(database.db);
});
afterAll(() => database.drop());
beforeEach(() => {
  const fingerprint = fingerprintOf("POST", "/v1/checkouts", { customerId: "user_123" });
  request = { projectId, key: crypto.randomUUID(), fingerprint };
});

const claim = (
  options: Partial<ClaimOptions> = {},
  idempotency: Idempotency | undefined = request,
) =>
  database.db.transaction((trx) =>
    claimKey(trx, idempotency, { resource: "pur_1", leaseSeconds: 60, ...options }),
  );
const complete = (json: unknown) =>
  database.db.transaction((trx) => completeKey(trx, request, reply.created(json)));
const endLease = () =>
  database.db.raw(
    "update idempotency_keys set locked_until = now() - interval '1 s' where key = ?",
    [request.key],
  );

describe("a claimed key", () => {
  it("is held until the lease ends, then replays what completed it", async () => {
    expect(await claim()).toEqual({ outcome: "claimed", resource: "pur_1", resumed: false });
    await expect(claim()).rejects.toMatchObject({
      code: "request_in_flight",
      details: { retryAfterSeconds: 60 },
    });
    const reply201 = await complete({ id: "pur_1" });
    expect(reply201).toMatchObject({ status: 201, headers: {} });
    expect(await claim()).toMatchObject({
      outcome: "replay",
      reply: { status: 201, json: { id: "pur_1" }, headers: { "Idempotent-Replayed": "true" } },
    });
  });

  it("is taken over after its lease, with the resource of the first request", async () => {
    await claim({ resource: "pur_first" });
    await endLease();
    const taken = await claim({ resource: "pur_second" });
    expect(taken).toEqual({ outcome: "claimed", resource: "pur_first", resumed: true });
    await expect(claim()).rejects.toMatchObject({ code: "request_in_flight" });
  });

  it("goes to one of many that come after the lease", async () => {
    await claim();
    await endLease();
    const takers = await Promise.allSettled(Array.from({ length: 8 }, () => claim()));
    expect(takers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  it("can be released after a failure, so that a retry need not wait", async () => {
    await claim();
    await releaseKey(database.db, request);
    expect(await claim()).toMatchObject({ outcome: "claimed", resumed: true });
  });

  it("keeps the first answer when two finish", async () => {
    await claim();
    await complete({ id: "first" });
    expect(await complete({ id: "second" })).toMatchObject({ json: { id: "first" } });
    await releaseKey(database.db, request);
    expect(await claim()).toMatchObject({ outcome: "replay", reply: { json: { id: "first" } } });
  });

  it("is gone when its transaction rolls back", async () => {
    const failing = database.db.transaction(async (trx) => {
      await claimKey(trx, request, { resource: "pur_lost", leaseSeconds: 60 });
      throw new Error("rolled back");
    });
    await expect(failing).rejects.toThrow("rolled back");
    expect(await claim()).toEqual({ outcome: "claimed", resource: "pur_1", resumed: false });
  });

  it("refuses another request, done or not", async () => {
    const other = { ...request, fingerprint: fingerprintOf("POST", "/v1/checkouts", {}) };
    await claim();
    await expect(claim({}, other)).rejects.toMatchObject({ code: "idempotency_key_reused" });
    await complete({});
    await expect(claim({}, other)).rejects.toMatchObject({ code: "idempotency_key_reused" });
  });

  it("is respected by work in one transaction", async () => {
    await claim();
    const once = () => answerOnce(database.db, request, async () => reply.ok({ by: "one" }));
    await expect(once()).rejects.toMatchObject({ code: "request_in_flight" });
    await complete({ by: "steps" });
    expect(await once()).toMatchObject({ json: { by: "steps" } });
  });

  it("stores JSON below 500 only, and asks for sane leases", async () => {
    await claim();
    const store = (answer: ReturnType<typeof reply> | ReturnType<typeof page>) =>
      database.db.transaction((trx) => completeKey(trx, request, answer));
    await expect(store(page("<p>"))).rejects.toThrow("answers JSON");
    await expect(store(reply(503, {}))).rejects.toThrow("is thrown");
    await expect(claim({ leaseSeconds: 0 })).rejects.toThrow("lease");
    await expect(claim({ leaseSeconds: 301 })).rejects.toThrow("lease");
  });

  it("is not needed: without one everything is claimed and completed", async () => {
    const free = await database.db.transaction((trx) =>
      claimKey(trx, undefined, { resource: "pur_9", leaseSeconds: 60 }),
    );
    expect(free).toEqual({ outcome: "claimed", resource: "pur_9", resumed: false });
    const answer = reply.ok({});
    expect(await database.db.transaction((trx) => completeKey(trx, undefined, answer))).toBe(
      answer,
    );
  });
});

it("makes parallel requests with a network call inside one effect", async () => {
  const shop: Shop = { db: database.db, hook: async () => undefined };
  const web = await startWeb([sellInSteps], shop);
  const sell = () =>
    web.post(
      "/v1/sales-in-steps",
      { buyer: "steps" },
      { headers: { "idempotency-key": request.key } },
    );
  const answers = await Promise.all(Array.from({ length: 32 }, sell));
  for (const { status, json } of answers) {
    expect(status === 201 || json["code"] === "request_in_flight").toBe(true);
  }
  expect(answers.filter(({ status }) => status === 201).length).toBeGreaterThan(0);
  expect(await countSales(database.db, "steps")).toBe(1);
  expect((await sell()).json).toMatchObject({ saleId: "sale-of-steps" });
  await web.close();
});

describe("the sweep", () => {
  const age = (hours: number, key = request.key) =>
    database.db.raw(
      "update idempotency_keys set created_at = now() - make_interval(hours => ?), locked_until = now() - interval '1 s' where key = ?",
      [hours, key],
    );

  it("takes keys that are old enough, at most as many as it may, and none that is at work", async () => {
    await database.db.raw("delete from idempotency_keys");
    const keys = ["old-1", "old-2", "old-3", "young", "at-work"];
    for (const key of keys) await claim({}, { ...request, key });
    for (const key of ["old-1", "old-2", "old-3"]) await age(49, key);
    await age(47, "young");
    await database.db.raw(
      "update idempotency_keys set created_at = now() - interval '49 h' where key = 'at-work'",
    );
    const sweep = () => sweepIdempotencyKeys(database.db, { olderThanHours: 48, limit: 2 });
    expect([await sweep(), await sweep(), await sweep()]).toEqual([2, 1, 0]);
    const left = await database.db("idempotency_keys").orderBy("key").pluck("key");
    expect(left).toEqual(["at-work", "young"]);
  });

  it("never takes what callers may still retry", async () => {
    const sweep = sweepIdempotencyKeys(database.db, { olderThanHours: 23, limit: 10 });
    await expect(sweep).rejects.toThrow("kept for a day");
  });
});
