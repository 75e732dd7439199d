import { newId, type ProjectId } from "../kernel/ids.js";
import { Refusal } from "../kernel/refusals.js";
import { approvedOrThrow } from "../kernel/verdict.js";
import type { Trx } from "../platform/db/connect.js";
import { constraintName } from "../platform/db/errors.js";
import { recordAudit } from "../tenancy/record-audit.js";
import { checkTerms, type CreditPack, type PackTerms, sameTerms } from "./rules.js";
import { findCurrentPack, insertPack } from "./store.js";

/**
 * Puts a version of a pack in force. The same terms again change nothing; other terms supersede the version before,
 * which stays for the purchases made with it. Two publishers at once: one of them gets a `conflict`.
 */
export async function publishPack(
  trx: Trx,
  projectId: ProjectId,
  code: string,
  terms: PackTerms,
  actor: string,
): Promise<CreditPack> {
  const checked = approvedOrThrow(checkTerms(terms));
  const current = await findCurrentPack(trx, projectId, code);
  if (current !== undefined && sameTerms(current, checked)) return current;
  const version = (current?.version ?? 0) + 1;
  const pack = await insertPack(trx, {
    ...checked,
    id: newId("creditPack"),
    projectId,
    code,
    version,
  }).catch(refuseRace);
  await recordAudit(trx, {
    projectId,
    actor,
    action: "credit_pack.publish",
    subject: code,
    details: { version, onSale: terms.onSale },
  });
  return pack;
}

function refuseRace(error: unknown): never {
  if (constraintName(error) !== "credit_packs_version") throw error;
  throw new Refusal("conflict", {
    detail: "Somebody else changed this pack just now. Read it and try again.",
  });
}
