import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newId, type ProjectId, type WalletId } from "../../src/kernel/ids.js";
import { toBatches, type PricedInput } from "../../src/metering/price-usage.js";
import { listUsage, readUsage } from "../../src/metering/read-usage.js";
import { insertUsage } from "../../src/metering/store/admission.js";
import { selectByKeys, selectDoorstep } from "../../src/metering/store/events.js";
import {
  claimBatches,
  markApplied,
  selectBacklog,
  waitingLanes,
} from "../../src/metering/store/lanes.js";
import { summarizeUsage } from "../../src/metering/summarize-usage.js";
import type { Trx } from "../../src/platform/db/connect.js";
import { type FreshDatabase, freshDatabase } from "../support/database.js";
import { insertProject } from "../support/ledger.js";
import { growUsage, readingOf } from "./grown-usage.js";
import { times } from "./usage-api.js";

const perBatch = 500;
const page = { size: 20 };

let fresh: FreshDatabase;
let large: ProjectId;
let small: ProjectId;
let wallets: readonly WalletId[];
let own: WalletId;

beforeAll(async () => {
  fresh = await freshDatabase({ poolMax: 1, statementTimeoutMs: 0, queryTimeoutMs: 0 });
  small = await insertProject(fresh.db);
  large = await insertProject(fresh.db);
  await growUsage(fresh.db, { projectId: small, wallets: 5, batches: 10 });
  await growUsage(fresh.db, { projectId: large, wallets: 1_000, batches: 3_000 });
  wallets = await fresh.db("wallets").where({ project_id: large }).orderBy("id").pluck("id");
  own = wallets[3] ?? newId("wallet");
}, 120_000);
afterAll(() => fresh.drop());

const input = (walletId: WalletId, key: string): PricedInput => ({
  projectId: large,
  walletId,
  key,
  event: "chat.reply",
  model: null,
  credits: null,
  refusal: "unknown_event",
  ownPrice: false,
  rateCardVersion: 0,
  quantity: null,
  properties: null,
  metadata: null,
  occurredAt: null,
  holdId: null,
  quoteId: null,
  apiKeyId: null,
  requestId: null,
});
let keys = 0;
const admit = (trx: Trx) => {
  const inputs = times(perBatch, (n) => input(wallets[n % wallets.length] ?? own, `new-${++keys}`));
  const batches = toBatches(inputs).batches.map((batch) => ({ ...batch, applied: false }));
  return insertUsage(trx, batches, new Map([[large, 0]]));
};
const known = () => times(perBatch, (n) => `grown-${n + 1}-7`);
const claim = { batchesMax: 500, eventsMax: perBatch };

describe.each<[string, () => Promise<unknown>]>([
  ["without statistics", async () => undefined],
  ["with statistics", () => fresh.db.raw("analyze")],
])("with 150,000 applied events, %s,", (_when, prepare) => {
  beforeAll(async () => {
    await prepare();
    await fresh.db.raw("discard plans");
  }, 60_000);

  it("500 events are accepted without looking at what was accepted before", async () => {
    const { fullReads, rows } = await readingOf(fresh.db, admit);
    expect(fullReads).toEqual([]);
    expect(rows["usage_events"]).toBeLessThanOrEqual(perBatch);
  });

  it("500 known ids are found by index", async () => {
    const { fullReads, rows } = await readingOf(fresh.db, async (trx) => {
      expect((await selectDoorstep(trx, large, known())).known).toHaveLength(perBatch);
      const found = await selectByKeys(
        trx,
        known().map((key) => ({ projectId: large, key })),
      );
      expect(found).toHaveLength(perBatch);
    });
    expect(fullReads).toEqual([]);
    expect(rows["usage_events"]).toBeLessThanOrEqual(4 * perBatch);
  });

  it("a claim reads the batches and events that it claims, and no applied ones", async () => {
    await fresh.db.transaction(admit);
    const { fullReads, rows } = await readingOf(fresh.db, async (trx) => {
      for (const lane of times(4, (each) => each)) {
        const { batchIds, events } = await claimBatches(trx, { projectId: large, lane }, claim);
        expect(events.length).toBeGreaterThan(0);
        await markApplied(trx, batchIds);
      }
    });
    expect(fullReads).toEqual([]);
    expect(rows["usage_events"]).toBeLessThanOrEqual(2 * perBatch);
    expect(rows["usage_batches"]).toBeLessThanOrEqual(100);
  });
});

describe("with 150,000 applied events and statistics about them,", () => {
  beforeAll(async () => {
    await fresh.db.raw("analyze");
    await fresh.db.raw("discard plans");
  }, 60_000);

  it("a claim of a lane with nothing in it reads nothing, and so does the sweep", async () => {
    const { fullReads, rows } = await readingOf(fresh.db, async (trx) => {
      expect(await claimBatches(trx, { projectId: small, lane: 1 }, claim)).toMatchObject({
        events: [],
      });
      await waitingLanes(trx, { olderThanMs: 1_000, limit: 500 });
      await selectBacklog(trx);
    });
    expect(fullReads).toEqual([]);
    expect(rows["usage_batches"]).toBeLessThanOrEqual(100);
  });

  it("one event is read by the rows that it has, by its id or by ours", async () => {
    const { fullReads, rows } = await readingOf(fresh.db, async (trx) => {
      expect(await readUsage(trx, large, "grown-77-7")).toMatchObject({ state: "applied" });
      expect(await readUsage(trx, large, "grown-77-10")).toMatchObject({ state: "rejected" });
    });
    expect(fullReads).toEqual([]);
    for (const count of Object.values(rows)) expect(count).toBeLessThanOrEqual(20);
  });

  it.each<[string, () => Parameters<typeof listUsage>[2]]>([
    ["a customer", () => ({ walletId: own })],
    ["a customer since a time", () => ({ walletId: own, from: new Date(1_700_000_000_000) })],
    ["the project", () => ({})],
    ["an event name", () => ({ event: "chat.reply" })],
  ])("a page of %s reads about that page", async (_what, filter) => {
    const { fullReads, rows } = await readingOf(fresh.db, (trx) =>
      listUsage(trx, large, filter(), page),
    );
    expect(fullReads).toEqual([]);
    for (const count of Object.values(rows)) expect(count).toBeLessThanOrEqual(400);
  });

  it.each<[string, Parameters<typeof listUsage>[2]]>([
    ["all of it", {}],
    ["an event name", { event: "chat.reply" }],
    ["a time", { to: new Date(1_800_000_000_000) }],
  ])("a page of a small project (%s) passes no events of the large one", async (_what, filter) => {
    const { fullReads, rows } = await readingOf(fresh.db, async (trx) => {
      const found = await listUsage(trx, small, filter, page);
      expect(found).toMatchObject({ approved: true, value: { hasMore: true } });
    });
    expect(fullReads).toEqual([]);
    for (const count of Object.values(rows)) expect(count).toBeLessThanOrEqual(400);
  });

  it("a summary of a customer reads that customer's events", async () => {
    const { fullReads, rows } = await readingOf(fresh.db, (trx) =>
      summarizeUsage(trx, large, {
        walletId: own,
        event: undefined,
        from: new Date(1_700_000_000_000),
        to: new Date(1_700_003_600_000),
      }),
    );
    // Batches and outcomes are joined by whichever way is shorter.
    for (const history of ["usage_events", "transfers"]) expect(fullReads).not.toContain(history);
    expect(rows["usage_events"]).toBeLessThanOrEqual(400);
  });
});
