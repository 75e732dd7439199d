import type { ProjectId } from "../kernel/ids.js";
import { cutPage, decodeCursor, type Page } from "../kernel/page.js";
import { Refusal } from "../kernel/refusals.js";
import type { Database, Trx } from "../platform/db/connect.js";
import type { RateCardRow } from "./models.js";
import type { RateCardTerms } from "./rules.js";
import {
  findRateCard,
  type RateCardSummary,
  selectCurrentVersion,
  selectRateCards,
} from "./store.js";
export type { RateCardSummary } from "./store.js";
import { rateCardTerms } from "./terms-schema.js";

/** One version of a project's rate card. It never changes. */
export interface RateCardVersion {
  readonly version: number;
  readonly terms: RateCardTerms;
  readonly createdAt: Date;
}

/** The number of the version in force; 0 while there is none. One probe of an index. */
export async function currentRateCardVersion(
  db: Database | Trx,
  projectId: ProjectId,
): Promise<number> {
  return (await selectCurrentVersion(db, projectId)) ?? 0;
}

/** The given version. Refuses with `not_found`. */
export async function readRateCard(
  db: Database | Trx,
  projectId: ProjectId,
  version: number,
): Promise<RateCardVersion> {
  const card = await readRateCardIfAny(db, projectId, version);
  if (card !== undefined) return card;
  throw new Refusal("not_found", {
    param: "version",
    detail: "The rate card has no such version. GET /v1/rate-cards lists those there are.",
  });
}

/** The version in force. Refuses with `not_found`. */
export async function readCurrentRateCard(
  db: Database | Trx,
  projectId: ProjectId,
): Promise<RateCardVersion> {
  const card = await readRateCardIfAny(db, projectId);
  if (card !== undefined) return card;
  throw new Refusal("not_found", {
    detail:
      "The project has no rate card yet. Publish one with PUT /v1/rate-card, or: chargly rate-cards publish <file>",
  });
}

/** The given version or the one in force; `undefined` when there is none. */
export async function readRateCardIfAny(
  db: Database | Trx,
  projectId: ProjectId,
  version?: number,
): Promise<RateCardVersion | undefined> {
  const row = await findRateCard(db, projectId, version);
  return row === undefined ? undefined : toVersion(row);
}

/** All versions without their terms, the newest first. */
export async function listRateCards(
  db: Database | Trx,
  projectId: ProjectId,
  { size, cursor }: { readonly size: number; readonly cursor?: string | undefined },
): Promise<Page<RateCardSummary>> {
  const versionBefore = cursor === undefined ? undefined : versionIn(cursor);
  const rows = await selectRateCards(db, projectId, { versionBefore, limit: size + 1 });
  return cutPage(rows, size, ({ version }) => String(version));
}

function versionIn(cursor: string): number {
  const key = decodeCursor(cursor);
  if (key !== undefined && /^[1-9]\d{0,8}$/.test(key)) return Number(key);
  throw new Refusal("invalid_request", {
    param: "cursor",
    detail: "That cursor is not one of ours. Use `nextCursor` of the page before, or leave it out.",
  });
}

/** The schema takes whatever it wrote, so a stored version is read as it was published. */
export function toVersion({ version, terms, createdAt }: RateCardRow): RateCardVersion {
  return { version, terms: rateCardTerms.parse(terms), createdAt };
}
