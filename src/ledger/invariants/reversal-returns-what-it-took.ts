import type { Invariant } from "./invariant.js";
import { reversalRelations, reversedBy } from "./reversal-scope.js";

export const reversalReturnsWhatItTook: Invariant = {
  name: "reversal_returns_what_it_took",
  rule: "nothing was given back of a purchase that had not been taken: lot by lot, and debt by debt",
  relations: reversalRelations,
  offenders: `
    select min(r.project_id::text)::uuid as project_id, r.wallet_id, r.purchase_id::text as id,
      format('%s more given back than taken, %s', -sum(t.reversed),
        coalesce('of lot ' || t.lot_no::text, 'as debt')) as wrong
    from seen_reversals r join (
      select wallet_id, cause_id, lot_no, ${reversedBy} as reversed from reversal_transfers
    ) t on t.cause_id = r.id and t.wallet_id = r.wallet_id
    group by r.wallet_id, r.purchase_id, t.lot_no having sum(t.reversed) < 0`,
};
