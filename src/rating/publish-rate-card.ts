import { newId, type ProjectId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import { approvedOrThrow } from "../kernel/verdict.js";
import type { Trx } from "../platform/db/connect.js";
import { constraintName } from "../platform/db/errors.js";
import { recordAudit } from "../tenancy/record-audit.js";
import { type RateCardVersion, readRateCardIfAny, toVersion } from "./read-rate-cards.js";
import { checkTerms, type RateCardTerms, sameTerms } from "./rules.js";
import { insertRateCard } from "./store.js";

/**
 * Puts a version of the rate card in force. The same terms again change nothing; other terms supersede the version
 * before, which stays for what was priced by it. Two publishers at once: one of them gets a `conflict`.
 */
export async function publishRateCard(
  trx: Trx,
  projectId: ProjectId,
  terms: RateCardTerms,
  actor: string,
): Promise<{ readonly rateCard: RateCardVersion; readonly changed: boolean }> {
  const checked = approvedOrThrow(checkTerms(terms));
  const current = await readRateCardIfAny(trx, projectId);
  if (current !== undefined && sameTerms(current.terms, checked))
    return { rateCard: current, changed: false };
  const version = (current?.version ?? 0) + 1;
  const id = newId("rateCard");
  const row = await insertRateCard(trx, { id, projectId, version, terms: checked }).catch(
    refuseRace,
  );
  await recordAudit(trx, {
    projectId,
    actor,
    action: "rate_card.publish",
    subject: `version ${version}`,
    details: { version, events: Object.keys(checked.events).length },
  });
  return { rateCard: toVersion(row), changed: true };
}

function refuseRace(error: unknown): never {
  if (constraintName(error) !== "rate_cards_version") throw error;
  throw new Refusal("conflict", {
    detail: "Somebody else changed the rate card just now. Read it and try again.",
  });
}
