import type { Invariant } from "./invariant.js";

export const sameProject: Invariant = {
  name: "same_project",
  rule: "a transfer, its wallet, its lot and its hold belong to one project, and lot and hold are there",
  offenders: `
    select t.project_id, t.wallet_id, t.seq::text as id,
      format('project %s; wallet %s, lot %s, hold %s', t.project_id, w.project_id,
        case when t.lot_no is null then 'none' else coalesce(l.project_id::text, 'gone') end,
        case when t.hold_id is null then 'none' else coalesce(h.project_id::text, 'gone') end) as wrong
    from seen_transfers t
    join seen_wallets w on w.id = t.wallet_id
    left join wallet_lots l on l.wallet_id = t.wallet_id and l.lot_no = t.lot_no
    left join seen_holds h on h.wallet_id = t.wallet_id and h.id = t.hold_id
    where t.project_id <> w.project_id
      or (t.lot_no is not null and t.project_id is distinct from l.project_id)
      or (t.hold_id is not null and t.project_id is distinct from h.project_id)`,
};
