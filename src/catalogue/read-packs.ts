import type { CreditPackId, ProjectId } from "../kernel/ids.js";
import { cutPage, decodeCursor, type Page } from "../kernel/page.js";
import { Refusal } from "../kernel/refusals.js";
import type { Database, Trx } from "../platform/db/connect.js";
import type { CreditPack } from "./rules.js";
import { findCurrentPack, findPack, selectCurrentPacks } from "./store.js";

/** The version in force. Refuses with `not_found`. */
export async function readPack(
  db: Database | Trx,
  projectId: ProjectId,
  code: string,
): Promise<CreditPack> {
  const pack = await findCurrentPack(db, projectId, code);
  if (pack !== undefined) return pack;
  throw new Refusal("not_found", { detail: "The project has no credit pack with this code." });
}

/** The version in force, or `undefined` while the code is free. */
export async function readPackIfAny(
  db: Database | Trx,
  projectId: ProjectId,
  code: string,
): Promise<CreditPack | undefined> {
  return findCurrentPack(db, projectId, code);
}

/** The very version that a purchase was made with. */
export async function readPackVersion(
  db: Database | Trx,
  projectId: ProjectId,
  id: CreditPackId,
): Promise<CreditPack | undefined> {
  return findPack(db, projectId, id);
}

/** The versions in force, ordered by code. */
export async function listPacks(
  db: Database | Trx,
  projectId: ProjectId,
  { size, cursor }: { readonly size: number; readonly cursor?: string | undefined },
): Promise<Page<CreditPack>> {
  const codeAfter = cursor === undefined ? undefined : decodeCursor(cursor);
  if (cursor !== undefined && codeAfter === undefined)
    throw new Refusal("invalid_request", {
      param: "cursor",
      detail:
        "That cursor is not one of ours. Use `nextCursor` of the page before, or leave it out.",
    });
  const packs = await selectCurrentPacks(db, projectId, { codeAfter, limit: size + 1 });
  return cutPage(packs, size, (pack) => pack.code);
}
