import type { Invariant } from "../../ledger/invariants/invariant.js";
import { returnedPurchases } from "./scope.js";

export const purchaseReversedAsPosted: Invariant = {
  name: "purchase_reversed_as_posted",
  rule: "what a purchase says was taken back, and in how many reversals, is what its reversals say",
  relations: [
    ...returnedPurchases,
    {
      name: "purchase_reversals",
      whole: ({ inProject }) =>
        `select purchase_id, amount from reversals where ${inProject("reversals")}`,
      recent: () => `
  select r.* from returned_purchases p
  cross join lateral (select purchase_id, amount from reversals where purchase_id = p.id offset 0) r`,
    },
  ],
  offenders: `
    select p.project_id, p.wallet_id, p.id::text as id,
      format('%s of %s taken back in %s reversals; these say %s in %s', p.reversed, p.granted, p.reversals,
        coalesce(r.amount, 0), coalesce(r.times, 0)) as wrong
    from returned_purchases p left join (
      select purchase_id, count(*) as times, sum(amount) as amount from purchase_reversals group by purchase_id
    ) r on r.purchase_id = p.id
    where p.reversed <> coalesce(r.amount, 0) or p.reversals <> coalesce(r.times, 0)`,
};
