import { randomUUID } from "node:crypto";
import type { Database } from "../../src/platform/db/connect.js";

/** Lets a wallet be gone under its id, with the triggers off. */
export function renaming(db: Database, walletId: string) {
  const nobody = randomUUID();
  const rename = (from: string, to: string) =>
    db.transaction(async (trx) => {
      await trx.raw("set local session_replication_role = replica");
      await trx("wallets").where({ id: from }).update({ id: to });
    });
  return {
    takeAway: () => rename(walletId, nobody),
    bringBack: () => rename(nobody, walletId),
  };
}
