import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dashboardLink } from "../../src/platform/stripe-client/dashboard-link.js";
import { formatJobName } from "../../src/ops/board/format-job.js";
import {
  checkLoop,
  checkPart,
  isOverdue,
  loopLagMaxMs,
  reportOf,
  type WeighedCheck,
} from "../../src/ops/rules.js";
import { watchLoop } from "../../src/ops/watch-loop.js";
import { until } from "../support/until.js";

const checks = fc.array(
  fc.record<WeighedCheck>({
    name: fc.string(),
    ok: fc.boolean(),
    detail: fc.string(),
    vital: fc.boolean(),
  }),
);

describe("a report", () => {
  it("fails exactly when a vital check fails, and is ok exactly when all are", () => {
    fc.assert(
      fc.property(checks, (given) => {
        const { status } = reportOf(given);
        expect(status === "failing").toBe(given.some(({ ok, vital }) => !ok && vital));
        expect(status === "ok").toBe(given.every(({ ok }) => ok));
      }),
    );
  });

  it("says of each check its name, whether it holds, and why, and nothing else", () => {
    const { checks: shown } = reportOf([
      { name: "queue", ok: false, detail: "away", vital: false },
    ]);
    expect(shown).toEqual([{ name: "queue", ok: false, detail: "away" }]);
  });
});

describe("the event loop", () => {
  it("may be late once, and not most of the time", () => {
    const late = loopLagMaxMs + 1;
    expect(checkLoop([]).ok).toBe(true);
    expect(checkLoop([0, late * 30, 0]).ok).toBe(true);
    expect(checkLoop([late, 0, late]).ok).toBe(false);
    expect(checkLoop([loopLagMaxMs]).ok).toBe(true);
  });

  it("is seen to be late while something blocks it", async () => {
    const watch = watchLoop();
    await until(() => watch.lagsMs().length > 0, { because: "a first look" });
    const endMs = performance.now() + 900;
    while (performance.now() < endMs) Math.sqrt(endMs);
    const worstMs = await until(() => watch.lagsMs().find((lagMs) => lagMs > 300), {
      because: "the block to be noticed",
    });
    expect(worstMs).toBeLessThan(5_000);
    watch.stop();
  });
});

it("says of a part that stands still why, and since when", () => {
  const part = { name: "workers", healthy: false, why: "stripe: silent", lastProgressAtMs: 10_000 };
  expect(checkPart(part, 45_000)).toEqual({
    name: "workers",
    ok: false,
    detail: "stripe: silent; last progress 35 s ago",
    vital: true,
  });
});

it("calls a schedule overdue only after a minute in which nobody held it", () => {
  const nextDueAt = new Date(0);
  expect(isOverdue({ nextDueAt, claimedUntil: null }, 60_000)).toBe(false);
  expect(isOverdue({ nextDueAt, claimedUntil: null }, 60_001)).toBe(true);
  expect(isOverdue({ nextDueAt, claimedUntil: new Date(60_002) }, 60_001)).toBe(false);
  expect(isOverdue({ nextDueAt, claimedUntil: new Date(60_001) }, 60_001)).toBe(true);
});

it.each([
  ["pi_1", false, "acct_1/test/payments/pi_1"],
  ["ch_1", true, "acct_1/payments/ch_1"],
  ["py_1", true, "acct_1/payments/py_1"],
  ["du_1", true, "acct_1/disputes/du_1"],
  ["re_1", false, "acct_1/test/search?query=re_1"],
  ["cs_test_1", false, "acct_1/test/search?query=cs_test_1"],
  ["evt_/1", true, "acct_1/events/evt_%2F1"],
])("links %s to Stripe's dashboard in the right account and mode", (id, livemode, place) => {
  const link = dashboardLink({ accountId: "acct_1", livemode }, id);
  expect(link).toBe(`https://dashboard.stripe.com/${place}`);
});

it("links to no page that the dashboard does not have", () => {
  expect(dashboardLink({ accountId: "acct_1", livemode: true }, "total:charged:usd")).toBe(
    undefined,
  );
});

describe("the name of a job in Bull Board", () => {
  const purchase = "pur_01k2x3v9g7f6q8r5s4t3w2y1z0";
  it("says what the job is about", () => {
    expect(formatJobName({ name: "purchase.settle", data: { project: "x", purchase } })).toBe(
      `purchase.settle · ${purchase}`,
    );
    const one = { id: "sev_01k2x3v9g7f6q8r5s4t3w2y1z0", type: "charge.succeeded" };
    expect(formatJobName({ name: "stripe-event.process", data: { events: [one] } })).toBe(
      `stripe-event.process · charge.succeeded ${one.id}`,
    );
    const data = { events: [one, { ...one, type: "charge.refunded" }, one] };
    expect(formatJobName({ name: "stripe-event.process", data })).toBe(
      "stripe-event.process · 3 events: charge.succeeded charge.refunded",
    );
    expect(formatJobName({ name: "keys.sweep", data: {} })).toBe("keys.sweep");
  });

  it("is some short text, whatever somebody put in the queue", () => {
    fc.assert(
      fc.property(fc.anything(), fc.anything(), (name, data) => {
        const shown = formatJobName({ name, data });
        expect(shown.length).toBeGreaterThan(0);
        expect(shown.length).toBeLessThan(1_000);
      }),
    );
  });

  it("shows no text of a job but ids and types", () => {
    const data = { email: "ada@example.com", key: "chg_test_abcdefghijklmnopqrstuvwxyz" };
    expect(formatJobName({ name: "mail.send", data })).toBe("mail.send");
  });
});
