import { creditsToJson } from "../kernel/credits.js";
import { publicId } from "../kernel/ids.js";
import type { SpendWindows } from "../ledger/decide-limits.js";
import type { Trx } from "../platform/db/connect.js";
import { recordAudit } from "../tenancy/record-audit.js";
import {
  type Allowances,
  allowancesOf,
  changeLimits,
  isUnlimited,
  type Limits,
  type LimitsChange,
  limitsOf,
  sameLimits,
} from "./rules.js";
import {
  deleteLimits,
  insertLimits,
  lockLimits,
  readClock,
  type Subject,
  updateLimits,
} from "./store.js";

export interface ChangedLimits {
  readonly allowances: Allowances;
  readonly before: Limits;
  readonly after: Limits;
  /** Whether counting began with this change. */
  readonly began: boolean;
}

/**
 * Changes the limits of a wallet or key whose own row the caller has locked, with a line in the audit log when they
 * are others than before. The first limit begins to count; without any, what was counted is forgotten.
 */
export async function changeSpendLimits(
  trx: Trx,
  subject: Subject,
  change: LimitsChange,
  actor: string,
): Promise<ChangedLimits> {
  const windows = (await lockLimits(trx, subject.id)) ?? null;
  const before = limitsOf(windows);
  const after = changeLimits(before, change);
  const kept = sameLimits(before, after) ? windows : await write(trx, subject, windows, after);
  if (!sameLimits(before, after))
    await recordAudit(trx, {
      projectId: subject.projectId,
      actor,
      action: subject.type === "wallet" ? "wallet.limit" : "api_key.limit",
      subject:
        subject.type === "wallet" ? publicId("wallet", subject.id) : publicId("apiKey", subject.id),
      details: { before: limitsJson(before), after: limitsJson(after) },
    });
  const allowances = allowancesOf(kept, await readClock(trx));
  return { allowances, before, after, began: windows === null && kept !== null };
}

async function write(
  trx: Trx,
  subject: Subject,
  windows: SpendWindows | null,
  limits: Limits,
): Promise<SpendWindows | null> {
  if (windows === null) return insertLimits(trx, subject, limits);
  if (isUnlimited(limits)) {
    await deleteLimits(trx, subject.id);
    return null;
  }
  await updateLimits(trx, subject.id, limits);
  return {
    minute: { ...windows.minute, max: limits.minute },
    day: { ...windows.day, max: limits.day },
    month: { ...windows.month, max: limits.month },
    budget: windows.budget,
  };
}

function limitsJson({ minute, day, month }: Limits) {
  return {
    perMinute: minute === null ? null : creditsToJson(minute),
    perDay: day === null ? null : creditsToJson(day),
    perMonth: month === null ? null : creditsToJson(month),
  };
}
