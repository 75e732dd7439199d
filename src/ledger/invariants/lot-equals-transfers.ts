import type { Invariant } from "./invariant.js";
import { change, fillsLot } from "./scope.js";

/** Of what changed lately, lots that were filled in that time: an older lot has transfers that are not looked at. */
export const lotEqualsTransfers: Invariant = {
  name: "lot_equals_transfers",
  rule: "every lot was filled once with what it was granted, and what remains and is held is the sum of its transfers",
  offenders: `
    select l.project_id, l.wallet_id, l.lot_no::text as id,
      format('lot of %s with %s left, %s of it held; its transfers say %s, %s, %s', l.granted, l.remains, l.held,
        t.granted, t.remains, t.held) as wrong
    from wallet_lots l left join (
      select wallet_id, lot_no, sum(amount) filter (where ${fillsLot}) as granted,
        sum(${change.available} + ${change.held}) as remains, sum(${change.held}) as held
      from seen_transfers where lot_no is not null group by wallet_id, lot_no
    ) t on t.wallet_id = l.wallet_id and t.lot_no = l.lot_no
    where (l.whole or t.granted is not null)
      and (t.granted is distinct from l.granted or t.remains is distinct from l.remains or t.held is distinct from l.held)`,
};
