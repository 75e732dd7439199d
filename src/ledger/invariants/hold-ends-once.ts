import type { Invariant } from "./invariant.js";

export const holdEndsOnce: Invariant = {
  name: "hold_ends_once",
  rule: "a hold has ended when nothing is left of it and not before, and it ended as its last transfer says",
  offenders: `
    select h.project_id, h.wallet_id, h.id::text as id,
      format('it is %s; its transfers say %s', coalesce(h.ended_as::text, 'open'), coalesce(t.ended_as, 'open')) as wrong
    from seen_holds h join (
      select wallet_id, hold_id,
        case when sum(case kind when 'hold' then amount else -amount end) = 0
          then case (array_agg(cause order by seq desc))[1]
            when 'release' then 'released' when 'reversal' then 'released' when 'expiry' then 'expired' else 'captured' end
        end as ended_as
      from hold_transfers group by wallet_id, hold_id
    ) t on t.wallet_id = h.wallet_id and t.hold_id = h.id
    where h.ended_as::text is distinct from t.ended_as or (h.ended_as is null) <> (h.ended_at is null)`,
};
