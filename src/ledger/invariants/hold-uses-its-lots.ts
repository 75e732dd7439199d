import type { Invariant } from "./invariant.js";

export const holdUsesItsLots: Invariant = {
  name: "hold_uses_its_lots",
  rule: "no hold captured or gave back more of a lot than it had taken aside of it",
  offenders: `
    select min(project_id::text)::uuid as project_id, wallet_id, hold_id::text as id,
      format('%s more than it took aside of lot %s', -sum(case kind when 'hold' then amount else -amount end), lot_no)
        as wrong
    from hold_transfers group by wallet_id, hold_id, lot_no
    having sum(case kind when 'hold' then amount else -amount end) < 0`,
};
