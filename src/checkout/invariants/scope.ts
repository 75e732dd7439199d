import type { Relations } from "../../ledger/invariants/invariant.js";

/** - `returned_purchases`: purchases; lately: those of wallets that were moved */
export const returnedPurchases: Relations = [
  {
    name: "returned_purchases",
    whole: ({ inProject }) => `select * from purchases where ${inProject("purchases")}`,
    recent: () => `
  select p.* from wallet_lots l
  cross join lateral (select * from purchases where id = l.purchase_id offset 0) p
  where l.purchase_id is not null`,
  },
];
