import type { Invariant } from "./invariant.js";

export const headEqualsLot: Invariant = {
  name: "head_equals_lot",
  rule: "what a wallet counts of its head lot is what that lot has free, less what its row does not know yet",
  offenders: `
    select w.project_id, w.id as wallet_id, w.head_lot_no::text as id,
      format('%s left until %s; the lot says %s until %s', w.head_left, w.head_expires_at,
        l.remaining - l.held - w.head_burned, l.expires_at) as wrong
    from seen_wallets w left join wallet_lots l on l.wallet_id = w.id and l.lot_no = w.head_lot_no
    where w.head_lot_no is not null and (w.head_left is distinct from l.remaining - l.held - w.head_burned
      or w.head_expires_at is distinct from l.expires_at)`,
};
