import { assert } from "../kernel/assert.js";
import type { Credits } from "../kernel/credits.js";
import {
  type ApiKeyId,
  type HoldId,
  parsePublicId,
  type ProjectId,
  publicId,
  type WalletId,
} from "../kernel/ids.js";
import { cutPage, decodeCursor, type Page, pageSizeMax } from "../kernel/page.js";
import { approve, refuse, type Verdict } from "../kernel/verdict.js";
import type { Database, Trx } from "../platform/db/connect.js";
import type { OverCapture } from "./decide.js";
import type { HoldRow } from "./models.js";
import type { Balances } from "./movements.js";
import { findHolds, selectHolds, selectHoldTerms } from "./store/holds.js";

/** `open` until what is left has gone back, which is a moment after its time is over. */
export const holdStates = ["open", "captured", "released", "expired"] as const;
export type HoldState = (typeof holdStates)[number];

/** Credits taken aside, and what became of them. */
export interface Hold {
  readonly id: HoldId;
  readonly walletId: WalletId;
  readonly state: HoldState;
  readonly amount: Credits;
  readonly captured: Credits;
  readonly released: Credits;
  readonly overCapture: OverCapture;
  /** 0 when the project had no rate card. */
  readonly rateCardVersion: number;
  readonly apiKeyId: ApiKeyId | null;
  readonly description: string | null;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly endedAt: Date | null;
}

/** A hold, and its wallet at the same moment. */
export interface HoldOfWallet {
  readonly hold: Hold;
  readonly customerId: string;
  readonly balances: Balances;
}

export async function readHold(
  db: Database | Trx,
  projectId: ProjectId,
  id: HoldId,
): Promise<HoldOfWallet | undefined> {
  return (await readHoldsById(db, projectId, [id])).get(id);
}

/** Those of the holds that the project has, whether they are open or not. */
export async function readHoldsById(
  db: Database | Trx,
  projectId: ProjectId,
  ids: readonly HoldId[],
): Promise<ReadonlyMap<HoldId, HoldOfWallet>> {
  if (ids.length === 0) return new Map();
  const rows = await findHolds(db, projectId, ids);
  return new Map(
    rows.map((row) => {
      const { customerId, available, held, debt } = row;
      return [row.id, { hold: toHold(row), customerId, balances: { available, held, debt } }];
    }),
  );
}

export interface HoldsAsked {
  /** All of them when left out. */
  readonly state?: HoldState | undefined;
  readonly size: number;
  readonly cursor?: string | undefined;
}

/** The holds of a wallet, newest first. The wallet must be known to belong to the caller. */
export async function readHolds(
  db: Database | Trx,
  walletId: WalletId,
  { state, size, cursor }: HoldsAsked,
): Promise<Verdict<Page<Hold>>> {
  assert(size >= 1 && size <= pageSizeMax, `a page has 1 to ${pageSizeMax} holds`);
  const idBefore = cursor === undefined ? undefined : parsePublicId("hold", decodeCursor(cursor));
  if (cursor !== undefined && idBefore === undefined)
    return refuse("invalid_request", {
      param: "cursor",
      detail:
        "That cursor is not one of ours. Use `nextCursor` of the page before, or leave it out.",
    });
  const rows = await selectHolds(db, walletId, { state, idBefore, limit: size + 1 });
  return approve(cutPage(rows.map(toHold), size, ({ id }) => publicId("hold", id)));
}

function toHold(row: HoldRow): Hold {
  const { id, walletId, amount, captured, released, overCapture, rateCardVersion } = row;
  const { apiKeyId, description, createdAt, expiresAt, endedAt, endedAs } = row;
  return {
    id,
    walletId,
    state: endedAs ?? "open",
    amount,
    captured,
    released,
    overCapture,
    rateCardVersion,
    apiKeyId,
    description,
    createdAt,
    expiresAt,
    endedAt,
  };
}

/** What a hold fixes for the events that use it. */
export interface HoldTerms {
  readonly walletId: WalletId;
  /** 0 when the project had no rate card. */
  readonly rateCardVersion: number;
}

/** The holds of a project among these, whether they are open or not. */
export async function readHoldTerms(
  db: Database | Trx,
  projectId: ProjectId,
  ids: readonly HoldId[],
): Promise<ReadonlyMap<HoldId, HoldTerms>> {
  if (ids.length === 0) return new Map();
  const rows = await selectHoldTerms(db, projectId, ids);
  return new Map(
    rows.map(({ id, walletId, rateCardVersion }) => [id, { walletId, rateCardVersion }]),
  );
}
