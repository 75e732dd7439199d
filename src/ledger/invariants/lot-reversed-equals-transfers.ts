import type { Invariant } from "./invariant.js";
import { reversalRelations, reversedBy } from "./reversal-scope.js";

export const lotReversedEqualsTransfers: Invariant = {
  name: "lot_reversed_equals_transfers",
  rule: "what was reversed of a purchase's lot is what its reversals took, less what they gave back, and no more than was granted",
  relations: reversalRelations,
  offenders: `
    select l.project_id, l.wallet_id, l.lot_no::text as id,
      format('%s of %s reversed; its transfers say %s', l.reversed, l.granted, coalesce(t.reversed, 0)) as wrong
    from wallet_lots l left join (
      select r.purchase_id, r.wallet_id, sum(t.reversed) as reversed
      from seen_reversals r join (
        select wallet_id, cause_id, ${reversedBy} as reversed from reversal_transfers
      ) t on t.cause_id = r.id and t.wallet_id = r.wallet_id
      group by r.purchase_id, r.wallet_id
    ) t on t.purchase_id = l.purchase_id and t.wallet_id = l.wallet_id
    where l.reversed <> coalesce(t.reversed, 0) or l.reversed not between 0 and l.granted`,
};
