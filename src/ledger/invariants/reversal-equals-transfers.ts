import type { Invariant } from "./invariant.js";
import { reversalRelations } from "./reversal-scope.js";

export const reversalEqualsTransfers: Invariant = {
  name: "reversal_equals_transfers",
  rule: "every reversal moved what it says, of a purchase of its wallet, and what a reversal moved names one",
  relations: reversalRelations,
  offenders: `
    select coalesce(r.project_id, t.project_id) as project_id, coalesce(r.wallet_id, t.wallet_id) as wallet_id,
      coalesce(r.id, t.cause_id)::text as id,
      case when r.id is null then 'transfers of a reversal that is not there'
        when l.lot_no is null then 'its purchase has no lot in its wallet'
        else format('it says %s; its transfers took %s and gave %s', r.amount, t.taken, t.given) end as wrong
    from seen_reversals r
    full join (
      select min(project_id::text)::uuid as project_id, wallet_id, cause_id,
        coalesce(sum(amount) filter (where credit_account = 'stripe_clearing'), 0) as taken,
        coalesce(sum(amount) filter (where debit_account = 'stripe_clearing'), 0) as given
      from reversal_transfers group by wallet_id, cause_id
    ) t on t.wallet_id = r.wallet_id and t.cause_id = r.id
    left join lots l on l.purchase_id = r.purchase_id and l.wallet_id = r.wallet_id and l.project_id = r.project_id
    where r.id is null or l.lot_no is null
      or t.taken is distinct from greatest(r.amount, 0) or t.given is distinct from greatest(-r.amount, 0)`,
};
