import { LRUCache } from "lru-cache";
import { present } from "../kernel/assert.js";
import { newId, type ProjectId, type WalletId } from "../kernel/ids.js";
import type { Database } from "../platform/db/connect.js";
import { findWalletIds, insertWallets } from "./store/wallets.js";

export interface Customer {
  readonly projectId: ProjectId;
  readonly customerId: string;
}

/** Which wallet is whose. It never changes, so what a process has seen once it need not ask for again. */
export interface WalletIds {
  /** The wallets of the customers, in their order; opened empty on first touch. */
  readonly of: (db: Database, customers: readonly Customer[]) => Promise<readonly WalletId[]>;
}

const knownMax = 100_000;

export function createWalletIds(): WalletIds {
  const known = new LRUCache<string, WalletId>({ max: knownMax });
  const keyOf = ({ projectId, customerId }: Customer): string => `${projectId} ${customerId}`;
  return {
    of: async (db, customers) => {
      const ids = customers.map((customer) => known.get(keyOf(customer)));
      if (ids.every((id) => id !== undefined)) return ids;
      const asked = new Map(customers.map((customer) => [keyOf(customer), customer]));
      const found = new Map<string, WalletId>();
      for (const row of await findWalletIds(db, [...asked.values()])) found.set(keyOf(row), row.id);
      const unknown = [...asked].filter(([key]) => !found.has(key)).map(([, customer]) => customer);
      if (unknown.length > 0) {
        await insertWallets(
          db,
          unknown.map((customer) => ({ ...customer, id: newId("wallet") })),
        );
        for (const row of await findWalletIds(db, unknown)) found.set(keyOf(row), row.id);
      }
      for (const [key, id] of found) known.set(key, id);
      return customers.map((customer) =>
        present(found.get(keyOf(customer)), "an opened wallet can be found"),
      );
    },
  };
}
