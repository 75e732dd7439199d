import type { Invariant } from "./invariant.js";
import { change } from "./scope.js";

export const walletEqualsTransfers: Invariant = {
  name: "wallet_equals_transfers",
  rule: "every wallet's balances are the sums of its transfers, and it counts them all",
  offenders: `
    select w.project_id, w.id as wallet_id, w.seq::text as id,
      format('%s available, %s held, %s owed after %s transfers; they say %s, %s, %s after %s', w.available, w.held, w.debt,
        w.seq, s.available, s.held, s.debt, s.seq) as wrong
    from seen_wallets w
    left join (
      select wallet_id, count(*) as lines, sum(${change.available}) as available, sum(${change.held}) as held,
        sum(${change.debt}) as debt
      from seen_transfers group by wallet_id
    ) t on t.wallet_id = w.id
    cross join lateral (
      select w.available_before + coalesce(t.available, 0) as available, w.held_before + coalesce(t.held, 0) as held,
        w.debt_before + coalesce(t.debt, 0) as debt, w.seq_before + coalesce(t.lines, 0) as seq
    ) s
    where (w.available, w.held, w.debt, w.seq) is distinct from (s.available, s.held, s.debt, s.seq)`,
};
