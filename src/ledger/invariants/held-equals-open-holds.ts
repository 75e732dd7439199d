import type { Invariant } from "./invariant.js";

export const heldEqualsOpenHolds: Invariant = {
  name: "held_equals_open_holds",
  rule: "what a wallet holds is what its lots hold, and what its open holds have left",
  offenders: `
    select w.project_id, w.id as wallet_id, w.seq::text as id,
      format('%s held; lots hold %s, open holds have %s', w.held, coalesce(l.held, 0), coalesce(h.held, 0)) as wrong
    from seen_wallets w
    left join (select wallet_id, sum(held) as held from wallet_lots group by wallet_id) l on l.wallet_id = w.id
    left join (
      select wallet_id, sum(placed - captured - released) as held from seen_holds where ended_at is null
      group by wallet_id
    ) h on h.wallet_id = w.id
    where w.held <> coalesce(l.held, 0) or w.held <> coalesce(h.held, 0)`,
};
