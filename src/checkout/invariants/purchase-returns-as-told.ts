import type { Invariant } from "../../ledger/invariants/invariant.js";
import { returnedPurchases } from "./scope.js";

const columns = {
  refunds: "purchase_id, amount_minor, status",
  disputes: "purchase_id, withdrawn_minor, reinstated_minor",
} as const;

/** Purchases of which Stripe said something unclear have a problem, and stay as they were before. */
export const purchaseReturnsAsTold: Invariant = {
  name: "purchase_returns_as_told",
  rule: "a granted purchase is refunded, in part or in full, when refunds of it took money, and disputed when a dispute withholds some",
  relations: [
    ...returnedPurchases,
    {
      name: "refunds_told",
      whole: ({ inProject }) =>
        `select ${columns.refunds} from stripe_refunds where ${inProject("stripe_refunds")}`,
      recent: () => `
  select r.* from returned_purchases p
  cross join lateral (select ${columns.refunds} from stripe_refunds where purchase_id = p.id offset 0) r`,
    },
    {
      name: "disputes_told",
      whole: ({ inProject }) =>
        `select ${columns.disputes} from stripe_disputes where ${inProject("stripe_disputes")}`,
      recent: () => `
  select d.* from returned_purchases p
  cross join lateral (select ${columns.disputes} from stripe_disputes where purchase_id = p.id offset 0) d`,
    },
  ],
  offenders: `
    select p.project_id, p.wallet_id, p.id::text as id,
      format('%s%s; Stripe said %s refunded and %s withheld', p.state, case when p.disputed then ', disputed' else '' end,
        coalesce(r.minor, 0), coalesce(d.minor, 0)) as wrong
    from returned_purchases p
    left join (
      select purchase_id, sum(amount_minor) as minor from refunds_told
      where status in ('pending', 'requires_action', 'succeeded') group by purchase_id
    ) r on r.purchase_id = p.id
    left join (
      select purchase_id, sum(withdrawn_minor - reinstated_minor) as minor from disputes_told group by purchase_id
    ) d on d.purchase_id = p.id
    where p.granted > 0 and p.problem is null
      and ((p.state <> 'paid') <> (coalesce(r.minor, 0) > 0) or p.disputed <> (coalesce(d.minor, 0) > 0))`,
};
