import { present } from "../kernel/assert.js";
import type { HoldId, ProjectId, QuoteId, WalletId } from "../kernel/ids.js";
import { approve } from "../kernel/verdict.js";
import type { Movement } from "../ledger/decide-all.js";
import { decideTouch } from "../ledger/decide-touch.js";
import { prepareMovements } from "../ledger/post-movements.js";
import { readHoldsById } from "../ledger/read-hold.js";
import type { WalletIds } from "../ledger/wallet-ids.js";
import type { Context } from "../platform/context.js";
import type { Trx } from "../platform/db/connect.js";
import { constraintName } from "../platform/db/errors.js";
import { type Ending, inShortTransaction } from "../platform/db/short-transaction.js";
import {
  endAsLeader,
  type Ended,
  endOfRow,
  findAnswers,
  storeAnswers,
  takeTurns,
} from "../platform/http/idempotency/answer-each.js";
import type { KeyRow } from "../platform/http/idempotency/key-state.js";
import { currentRateCardVersion } from "../rating/read-rate-cards.js";
import { lockQuotes, markQuotesRedeemed } from "../rating/redeem-quote.js";
import { type HoldAct, type Scene, toAct } from "./hold-act.js";
import type { HoldCall } from "./hold-call.js";
import { noHold } from "./read-holds.js";

/** What acting on holds needs of its process. */
export interface HoldsContext extends Pick<Context, "db"> {
  readonly walletIds: WalletIds;
}

interface Placed {
  readonly call: HoldCall;
  readonly walletId: WalletId;
}

const racesMax = 10;

/**
 * Places, captures and releases for several callers of one project in one transaction, each done in full or refused by
 * itself. Each idempotency key is stored with the answer in the same transaction; what is refused leaves none.
 *
 * @returns by call, in their order: the answer, or the refusal
 */
export async function actOnHolds(
  ctx: HoldsContext,
  calls: readonly HoldCall[],
): Promise<readonly Ended[]> {
  const { leaders, leaderOf } = takeTurns(calls);
  const placed = await findWallets(ctx, leaders);
  const ends = await endAll(ctx, placed);
  return calls.map((call) => {
    const leader = present(leaderOf.get(call), "each call has a leader");
    return endAsLeader(call, leader, ends.get(leader) ?? noHold());
  });
}

/** Runs again when a key was stored by another transaction after we had looked: then there is its answer. */
async function endAll(
  ctx: HoldsContext,
  placed: readonly Placed[],
): Promise<ReadonlyMap<HoldCall, Ended>> {
  const projectId = placed[0]?.call.projectId;
  if (projectId === undefined) return new Map();
  for (let race = 0; ; race++) {
    try {
      return await inShortTransaction(ctx.db, (trx) => actOnce(trx, projectId, placed));
    } catch (error) {
      if (constraintName(error) !== "idempotency_keys_pkey" || race === racesMax) throw error;
    }
  }
}

async function actOnce(
  trx: Trx,
  projectId: ProjectId,
  placed: readonly Placed[],
): Promise<Ending<ReadonlyMap<HoldCall, Ended>>> {
  const calls = placed.map(({ call }) => call);
  const quotes = await lockQuotes(trx, projectId, quotesOf(calls));
  const scene: Scene = { rateCardVersion: 0, quotes: new Map(quotes), holds: new Map() };
  const acts = placed.map(({ call, walletId }) => ({ call, ...toAct(call, walletId, scene) }));
  const earlier = new Map<string, KeyRow>();
  const { verdicts, write } = await prepareMovements(
    trx,
    acts.map((act) => unlessAnswered(act, earlier)),
    async () => {
      const [rows, version, holds] = await Promise.all([
        findAnswers(trx, calls),
        currentRateCardVersion(trx, projectId),
        readHoldsById(trx, projectId, holdsOf(calls)),
      ]);
      for (const [key, row] of rows) earlier.set(key, row);
      for (const [id, hold] of holds) scene.holds.set(id, hold);
      scene.rateCardVersion = version;
    },
  );
  const early = await readEnds(trx, projectId, acts, write);
  const ends = new Map(
    acts.map((act, place): [HoldCall, Ended] => {
      const row = rowOf(act.call, earlier);
      if (row !== undefined) return [act.call, endOfRow(row, act.call)];
      const verdict = present(verdicts[place], "each movement has a verdict");
      return [act.call, verdict.approved ? act.answer(early.endedAt(act)) : verdict.refusal];
    }),
  );
  const answers = [...ends].filter(([call]) => rowOf(call, earlier) === undefined);
  return { value: ends, last: () => [...early.writes(), storeAnswers(trx, answers)] };
}

type CalledAct = HoldAct & { readonly call: HoldCall };

/** What had its answer before moves nothing now. */
function unlessAnswered(
  { call, movement }: CalledAct,
  earlier: ReadonlyMap<string, KeyRow>,
): Movement {
  return {
    ...movement,
    decide: (book, asked) =>
      rowOf(call, earlier) === undefined
        ? movement.decide(book, asked)
        : approve(decideTouch(book)),
  };
}

function rowOf({ idempotency }: HoldCall, rows: ReadonlyMap<string, KeyRow>): KeyRow | undefined {
  return idempotency && rows.get(idempotency.key);
}

function quotesOf(calls: readonly HoldCall[]): readonly QuoteId[] {
  const ids = calls.flatMap((call) => (call.act === "place" ? (call.order.quoteId ?? []) : []));
  return [...new Set(ids)];
}

function holdsOf(calls: readonly HoldCall[]): readonly HoldId[] {
  const ids = calls.flatMap((call) => (call.act === "place" ? [] : call.order.holdId));
  return [...new Set(ids)];
}

interface Early {
  readonly endedAt: (act: CalledAct) => Date | null;
  /** What is left to be written. */
  readonly writes: () => readonly Promise<void>[];
}

/** Uses quotes up, and reads when holds ended, by the clock of the database. Where there is neither, nobody waits. */
async function readEnds(
  trx: Trx,
  projectId: ProjectId,
  acts: readonly CalledAct[],
  write: () => readonly Promise<void>[],
): Promise<Early> {
  const redeemed = acts.flatMap((act) => act.redeemed() ?? []);
  const ended = acts.flatMap((act) => act.ended() ?? []);
  if (redeemed.length + ended.length === 0) return { endedAt: () => null, writes: write };
  await Promise.all(write());
  await markQuotesRedeemed(trx, redeemed);
  const holds = await readHoldsById(trx, projectId, ended);
  return {
    endedAt: (act) => {
      const id = act.ended();
      return (id === undefined ? undefined : holds.get(id))?.hold.endedAt ?? null;
    },
    writes: () => [],
  };
}

/** Wallets of customers are opened on first touch. A hold that the project does not have has none. */
async function findWallets(
  { db, walletIds }: HoldsContext,
  calls: readonly HoldCall[],
): Promise<readonly Placed[]> {
  const placing = calls.filter((call) => call.act === "place");
  const opened = await walletIds.of(
    db,
    placing.map(({ projectId, order }) => ({ projectId, customerId: order.customerId })),
  );
  const found = new Map<HoldCall, WalletId>();
  for (const [place, call] of placing.entries())
    found.set(call, present(opened[place], "each customer has a wallet"));
  const [first] = calls;
  const holds =
    first === undefined ? undefined : await readHoldsById(db, first.projectId, holdsOf(calls));
  return calls.flatMap((call) => {
    const walletId =
      call.act === "place" ? found.get(call) : holds?.get(call.order.holdId)?.hold.walletId;
    return walletId === undefined ? [] : { call, walletId };
  });
}
