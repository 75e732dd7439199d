import type { Invariant } from "../../ledger/invariants/invariant.js";
import { leastIdAt } from "../../ledger/invariants/scope.js";

/** A checkout session lives for a day at most, so what is paid lately was begun not long before. */
const checkoutLifeMax = "interval '2 days'";

/**
 * - `seen_purchases`: purchases; lately: those of the last days, and those that were granted since
 * - `purchase_grants`: what transfers say was granted for them
 */
export const purchaseGrantedOnce: Invariant = {
  name: "purchase_granted_once",
  rule: "a paid purchase was granted once, all of its credits and to its own wallet; any other was not",
  relations: [
    {
      name: "seen_purchases",
      whole: ({ inProject }) => `select * from purchases where ${inProject("purchases")}`,
      recent: ({ since }) => `
  select p.* from purchases p
  where p.id >= ${leastIdAt(`${since} - ${checkoutLifeMax}`)}
  union
  select p.* from (select distinct cause_id from seen_transfers where kind = 'purchase') c
  cross join lateral (select * from purchases where id = c.cause_id offset 0) p`,
    },
    {
      name: "purchase_grants",
      whole: () =>
        `select project_id, cause_id, wallet_id, amount from seen_transfers where kind = 'purchase'`,
      recent: () => `
  select t.* from seen_purchases p cross join lateral (
    select project_id, cause_id, wallet_id, amount from transfers where cause_id = p.id and kind = 'purchase' offset 0
  ) t
  union all
  select project_id, cause_id, wallet_id, amount from seen_transfers
  where kind = 'purchase' and cause_id not in (select id from seen_purchases)`,
    },
  ],
  offenders: `
    select coalesce(p.project_id, g.project_id) as project_id, coalesce(p.wallet_id, g.wallet_id) as wallet_id,
      coalesce(p.id, g.cause_id)::text as id,
      case when p.id is null then format('%s granted for a purchase that is not there', g.amount)
        else format('%s, %s of %s granted; transfers grant it %s times, %s in sum', p.state, p.granted, p.credits,
          coalesce(g.times, 0), coalesce(g.amount, 0)) end as wrong
    from seen_purchases p
    full join (
      select min(project_id::text)::uuid as project_id, min(wallet_id::text)::uuid as wallet_id, cause_id,
        count(*) as times, count(distinct wallet_id) as wallets, sum(amount) as amount
      from purchase_grants group by cause_id
    ) g on g.cause_id = p.id
    cross join lateral (
      select case when p.state in ('paid', 'partially_refunded', 'refunded') then p.credits else 0 end as due
    ) d
    where p.id is null or p.granted <> d.due or coalesce(g.amount, 0) <> d.due
      or coalesce(g.times, 0) <> (d.due > 0)::int
      or (g.times > 0 and (g.wallet_id <> p.wallet_id or g.wallets > 1 or g.project_id <> p.project_id))`,
};
