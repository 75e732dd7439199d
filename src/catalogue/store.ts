import type { CreditPackId, ProjectId } from "../kernel/ids.js";
import type { Database, Trx } from "../platform/db/connect.js";
import { CreditPackRow } from "./models.js";
import type { CreditPack } from "./rules.js";

/** Fails on the constraint `credit_packs_version` when another writer took the number. */
export async function insertPack(
  trx: Trx,
  { price, ...pack }: Omit<CreditPack, "createdAt">,
): Promise<CreditPack> {
  const row = await CreditPackRow.query(trx).insertAndFetch({ ...pack, ...price });
  return toPack(row);
}

/** The version in force: the highest of the code. */
export async function findCurrentPack(
  trx: Database | Trx,
  projectId: ProjectId,
  code: string,
): Promise<CreditPack | undefined> {
  const row = await CreditPackRow.query(trx)
    .where({ project_id: projectId, code })
    .orderBy("version", "desc")
    .first();
  return row === undefined ? undefined : toPack(row);
}

export async function findPack(
  trx: Database | Trx,
  projectId: ProjectId,
  id: CreditPackId,
): Promise<CreditPack | undefined> {
  const row = await CreditPackRow.query(trx).findOne({ project_id: projectId, id });
  return row === undefined ? undefined : toPack(row);
}

/** The versions in force, by code, behind `codeAfter` when given. */
export async function selectCurrentPacks(
  trx: Database | Trx,
  projectId: ProjectId,
  { codeAfter, limit }: { readonly codeAfter: string | undefined; readonly limit: number },
): Promise<readonly CreditPack[]> {
  const rows = await CreditPackRow.query(trx)
    .where({ project_id: projectId })
    .where("code", ">", codeAfter ?? "")
    .distinctOn("code")
    .orderBy([{ column: "code" }, { column: "version", order: "desc" }])
    .limit(limit);
  return rows.map(toPack);
}

function toPack(row: CreditPackRow): CreditPack {
  const { id, projectId, code, version, name, credits, bonusCredits, validityDays } = row;
  const price = { amountMinor: row.amountMinor, currency: row.currency };
  const { onSale, createdAt } = row;
  return {
    id,
    projectId,
    code,
    version,
    name,
    credits,
    bonusCredits,
    price,
    validityDays,
    onSale,
    createdAt,
  };
}
