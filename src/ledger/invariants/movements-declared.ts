import { movements } from "../movements.js";
import type { Invariant } from "./invariant.js";

const declared = Object.entries(movements)
  .map(
    ([kind, { from, to }]) =>
      `('${kind}'::transfer_kind, '${from}'::ledger_account, '${to}'::ledger_account)`,
  )
  .join(", ");

export const movementsDeclared: Invariant = {
  name: "movements_declared",
  rule: "credits only move from and to the accounts that their kind of movement has",
  offenders: `
    select t.project_id, t.wallet_id, t.seq::text as id,
      format('%s from %s to %s', t.kind, t.debit_account, t.credit_account) as wrong
    from seen_transfers t
    left join (values ${declared}) m (kind, debit_account, credit_account) on m.kind = t.kind
    where (m.debit_account, m.credit_account) is distinct from (t.debit_account, t.credit_account)`,
};
