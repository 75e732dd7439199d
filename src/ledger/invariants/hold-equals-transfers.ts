import type { Invariant } from "./invariant.js";

export const holdEqualsTransfers: Invariant = {
  name: "hold_equals_transfers",
  rule: "every hold was placed once, and what was captured and released of it is what its transfers say",
  offenders: `
    select h.project_id, h.wallet_id, h.id::text as id,
      format('hold of %s: %s placed, %s captured, %s released; its transfers say %s, %s, %s', h.amount, h.placed,
        h.captured, h.released, t.placed, t.captured, t.released) as wrong
    from seen_holds h left join (
      select wallet_id, hold_id,
        coalesce(sum(amount) filter (where kind = 'hold'), 0) as placed,
        coalesce(sum(amount) filter (where kind = 'capture'), 0) as captured,
        coalesce(sum(amount) filter (where kind = 'release'), 0) as released
      from hold_transfers group by wallet_id, hold_id
    ) t on t.wallet_id = h.wallet_id and t.hold_id = h.id
    where h.amount is distinct from t.placed or h.placed is distinct from t.placed
      or h.captured is distinct from t.captured or h.released is distinct from t.released`,
};
