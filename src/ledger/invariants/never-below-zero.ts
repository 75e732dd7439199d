import type { Invariant } from "./invariant.js";

export const neverBelowZero: Invariant = {
  name: "never_below_zero",
  rule: "no balance is negative at any row, no amount is zero or less, and no lot has more than it was granted",
  offenders: `
    select project_id, wallet_id, 'transfer ' || seq as id,
      format('amount %s; %s available, %s held, %s owed after it', amount, available_after, held_after, debt_after) as wrong
    from seen_transfers where amount <= 0 or available_after < 0 or held_after < 0 or debt_after < 0
    union all
    select project_id, id, 'wallet', format('%s available, %s held, %s owed', available, held, debt)
    from seen_wallets where available < 0 or held < 0 or debt < 0
    union all
    select project_id, wallet_id, 'lot ' || lot_no, format('%s of %s left, %s of it held', remains, granted, held)
    from wallet_lots where remains < 0 or remains > granted or held < 0 or held > remains`,
};
