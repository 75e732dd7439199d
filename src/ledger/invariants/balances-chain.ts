import type { Invariant } from "./invariant.js";
import { change } from "./scope.js";

export const balancesChain: Invariant = {
  name: "balances_chain",
  rule: "each transfer changes the balances before it by exactly its amount",
  offenders: `
    select project_id, wallet_id, seq::text as id,
      format('%s available, %s held, %s owed after it; it makes %s, %s, %s of those before it', available_after,
        held_after, debt_after, available, held, debt) as wrong
    from (
      select t.project_id, t.wallet_id, t.seq, t.available_after, t.held_after, t.debt_after,
        lag(t.available_after, 1, coalesce(w.available_before, 0)) over by_seq + ${change.available} as available,
        lag(t.held_after, 1, coalesce(w.held_before, 0)) over by_seq + ${change.held} as held,
        lag(t.debt_after, 1, coalesce(w.debt_before, 0)) over by_seq + ${change.debt} as debt
      from seen_transfers t left join seen_wallets w on w.id = t.wallet_id
      window by_seq as (partition by t.wallet_id order by t.seq)
    ) t where available_after <> available or held_after <> held or debt_after <> debt`,
};
