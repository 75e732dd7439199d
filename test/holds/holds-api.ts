import { afterAll, beforeAll, expect } from "vitest";
import { wholeCredits } from "../../src/kernel/credits.js";
import { checkInvariants } from "../../src/ledger/check-invariants.js";
import { openWallet } from "../../src/ledger/open-wallet.js";
import type { Database } from "../../src/platform/db/connect.js";
import { walletBook } from "../support/ledger.js";
import {
  type Answer,
  type StackSettings,
  startTestStack,
  type TestStack,
} from "../support/stack.js";

type Json = Record<string, unknown>;

/** Chargly's web on a database of its own, with holds as verbs. */
export interface HoldsApi {
  readonly stack: () => TestStack;
  readonly db: () => Database;
  /** A new customer with so many credits. */
  readonly customer: (credits?: number) => Promise<string>;
  readonly place: (body: Json, headers?: Record<string, string>) => Promise<Answer>;
  /** Places a hold that must succeed, and answers its id. */
  readonly held: (customerId: string, credits: number, more?: Json) => Promise<string>;
  readonly capture: (id: string, body: Json, headers?: Record<string, string>) => Promise<Answer>;
  readonly release: (id: string) => Promise<Answer>;
  readonly extend: (id: string, expiresInSeconds: number) => Promise<Answer>;
  readonly read: (id: string) => Promise<Json>;
  readonly wallet: (customerId: string) => Promise<Json>;
  /** Kind, change and description of each line, the oldest first. */
  readonly lines: (customerId: string) => Promise<readonly (readonly unknown[])[]>;
  /** Lets the time of all open holds of a customer be over, by the clock of the database. */
  readonly runOut: (customerId: string) => Promise<void>;
  /** The same for lots, which nobody may change but by transfers. */
  readonly runOutLots: (customerId: string, lotNo?: number) => Promise<void>;
}

let customers = 0;

export function holdsApi(settings: StackSettings = { roles: ["web"] }): HoldsApi {
  let running: TestStack | undefined;
  beforeAll(async () => {
    running = await startTestStack(settings);
  }, 60_000);
  afterAll(async () => {
    try {
      await expectBooks(stack().database.db);
    } finally {
      await running?.stop();
    }
  });
  const stack = (): TestStack => {
    if (running === undefined) throw new Error("the stack has not started");
    return running;
  };
  const db = () => stack().database.db;
  const post = (path: string, body: Json, headers?: Record<string, string>) =>
    stack().call("POST", path, body, headers);
  const place: HoldsApi["place"] = (body, headers) => post("/v1/holds", body, headers);
  return {
    stack,
    db,
    customer: async (credits = 0) => {
      const customerId = `user_${++customers}`;
      const book = await walletBook(db(), stack().projectId, customerId);
      if (credits > 0) await book.give(wholeCredits(credits));
      return customerId;
    },
    place,
    held: async (customerId, credits, more = {}) => {
      const { status, json } = await place({ customerId, credits, ...more });
      expect([status, json["code"]]).toEqual([201, undefined]);
      return String(json["id"]);
    },
    capture: (id, body, headers) => post(`/v1/holds/${id}/captures`, body, headers),
    release: (id) => post(`/v1/holds/${id}/release`, {}),
    extend: (id, expiresInSeconds) => post(`/v1/holds/${id}/extend`, { expiresInSeconds }),
    read: async (id) => (await stack().call("GET", `/v1/holds/${id}`)).json,
    wallet: async (customerId) => (await stack().call("GET", `/v1/wallets/${customerId}`)).json,
    lines: async (customerId) => {
      const path = `/v1/wallets/${customerId}/transactions?limit=100`;
      const { data } = (await stack().call("GET", path)).json;
      const lines = Array.isArray(data) ? data.toReversed() : [];
      return lines.map(({ kind, credits, description }) => [kind, credits, description]);
    },
    runOut: async (customerId) => {
      const { id } = await openWallet(db(), stack().projectId, customerId);
      await db()("holds")
        .where({ wallet_id: id })
        .whereNull("ended_at")
        .update({ expires_at: db().raw("clock_timestamp() - interval '1 ms'") });
    },
    runOutLots: async (customerId, lotNo) => {
      const { id } = await openWallet(db(), stack().projectId, customerId);
      await db().transaction(async (trx) => {
        await trx.raw("set local session_replication_role = replica");
        await trx("lots")
          .where({ wallet_id: id, ...(lotNo === undefined ? {} : { lot_no: lotNo }) })
          .update({ expires_at: trx.raw("clock_timestamp() - interval '1 ms'") });
      });
    },
  };
}

export async function expectBooks(db: Database): Promise<void> {
  const checks = await checkInvariants(db);
  expect(checks.filter(({ offenders }) => offenders !== 0)).toEqual([]);
}

export const balance = (available: number, held = 0, debt = 0) => ({
  available,
  held,
  debt,
  total: available + held - debt,
});
