import { brokenOf, type CheckedInvariant } from "../../../ledger/check-invariants.js";
import type { UsageBacklog } from "../../../metering/measure-backlog.js";
import type { Problem } from "../../../platform/db/durability.js";
import type { Project } from "../../../tenancy/rules.js";
import type { InboxLag } from "../../../stripe-events/measure-inbox.js";
import { publicId } from "../../../kernel/ids.js";
import { fail, type Finding, ok, warn } from "./check.js";

/** Pure judgements: a measurement in, a finding out. */

const queueWaitWarnSeconds = 30;
const queueWaitFailSeconds = 600;
const inboxWarnSeconds = 30;
const inboxFailSeconds = 600;
const databaseClockWarnMs = 2_000;
/** Stripe's Date header has whole seconds, and travels as long as the answer. */
const stripeClockWarnMs = 5_000;
/** Signatures may be 300 s old; beyond a third of that, retried deliveries begin to fail. */
const clockFailMs = 100_000;

/** Durability and migrations come as problems; what refuses to boot fails here. */
export function judgeProblems(problems: readonly Problem[], wellDetail: string): Finding {
  if (problems.length === 0) return ok(wellDetail);
  const detail = problems.map(({ what, why }) => `${what} ${why}`).join(" ");
  const fix = problems.map((problem) => problem.fix).join(" ");
  return problems.some(({ severity }) => severity === "refuse")
    ? fail(detail, fix)
    : warn(detail, fix);
}

/** @param oldestSeconds how long the oldest job has waited; `undefined` when none waits */
export function judgeQueue(kind: string, oldestSeconds: number | undefined): Finding {
  if (oldestSeconds === undefined) return ok(`answers on ${kind}; no job waits`);
  const detail = `answers on ${kind}; the oldest job has waited ${seconds(oldestSeconds)}`;
  if (oldestSeconds < queueWaitWarnSeconds) return ok(detail);
  const fix = "Start a worker, or more of them, and look at /ops/queues.";
  return oldestSeconds < queueWaitFailSeconds ? warn(detail, fix) : fail(detail, fix);
}

export function judgeInbox({ waiting, oldestSeconds, failed }: InboxLag): Finding {
  const detail =
    waiting === 0
      ? "no event waits"
      : `${waiting} waiting, the oldest for ${seconds(oldestSeconds)}`;
  if (waiting > 0 && oldestSeconds >= inboxWarnSeconds) {
    const fix = "Check that a worker and the scheduler run, and what they log.";
    return oldestSeconds < inboxFailSeconds ? warn(detail, fix) : fail(detail, fix);
  }
  if (failed > 0)
    return warn(
      `${detail}; ${failed} given up`,
      "See /ops for the reasons, then: chargly events retry evt_…",
    );
  return ok(detail);
}

export function judgeUsage({ oldestSeconds, quarantined }: UsageBacklog): Finding {
  const detail =
    oldestSeconds < 1 ? "none waits" : `the oldest waits for ${seconds(oldestSeconds)}`;
  if (oldestSeconds >= inboxWarnSeconds) {
    const fix = "Check that a worker and the scheduler run, and what they log.";
    return oldestSeconds < inboxFailSeconds ? warn(detail, fix) : fail(detail, fix);
  }
  if (quarantined === 0) return ok(`${detail}, 0 batches held back`);
  return warn(
    `${detail}, ${quarantined} batches held back`,
    "See why: chargly usage quarantine. Then: chargly usage retry ubat_…",
  );
}

export function judgePauses(paused: readonly Pick<Project, "name" | "pausedBecause">[]): Finding {
  if (paused.length === 0) return ok("no project is paused");
  const [first] = paused;
  return fail(
    paused.map(({ name, pausedBecause }) => `${name}: ${pausedBecause ?? ""}`).join("; "),
    `Look at what is wrong, then: chargly projects resume ${paused.length === 1 ? (first?.name ?? "") : "<project>"}`,
  );
}

export function judgeBooks(checks: readonly CheckedInvariant[]): Finding {
  const broken = brokenOf(checks);
  if (broken.length === 0) return ok(`balance: ${checks.length} rules hold`);
  return fail(
    broken.map(describeBroken).join("; "),
    "Stop selling, keep the database as it is, and find out who wrote to the ledger's tables.",
  );
}

/** @param aheadMs how far the other clock is ahead of this machine's; negative when it is behind */
export function judgeClock(whose: "database" | "Stripe", aheadMs: number): Finding {
  const the = whose === "Stripe" ? "Stripe's" : "the database's";
  const offMs = Math.abs(aheadMs);
  const warnMs = whose === "Stripe" ? stripeClockWarnMs : databaseClockWarnMs;
  if (offMs <= warnMs) return ok(`agrees with ${the}`);
  const detail = `${seconds(offMs / 1_000)} ${aheadMs > 0 ? "behind" : "ahead of"} ${the}`;
  const fix = "Synchronise the clocks (NTP): signatures and links are judged by time.";
  return offMs <= clockFailMs ? warn(detail, fix) : fail(detail, fix);
}

/** `12 s`, `5 min`, `3 h`, `2 d`. */
export function seconds(count: number): string {
  if (count < 120) return `${Math.round(count)} s`;
  if (count < 7_200) return `${Math.round(count / 60)} min`;
  if (count < 172_800) return `${Math.round(count / 3_600)} h`;
  return `${Math.round(count / 86_400)} d`;
}

/** `3 break: the rule (wallet wal_…, 17: what is wrong)`. */
export function describeBroken({ rule, offenders, examples }: CheckedInvariant): string {
  const [first] = examples;
  if (first === undefined) return `${offenders} break: ${rule}`;
  const wallet = first.walletId === null ? "" : `wallet ${publicId("wallet", first.walletId)}, `;
  return `${offenders} break: ${rule} (${wallet}${first.id}: ${first.wrong})`;
}
