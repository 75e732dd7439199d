import type { Invariant } from "../../ledger/invariants/invariant.js";
import { tokenRelations } from "./scope.js";

/**
 * `token_takings`: what was taken with tokens. By usage without a hold; by holds, less what they gave back; and by captures
 * of more than their hold had left, whose spends have the cause of a capture.
 *
 * Of what changed lately only a part of a token's takings is seen: then no less may be counted than that.
 */
const takings = () => `
  select e.api_key_id, t.amount from seen_events e
  join seen_tokens s on s.subject_id = e.api_key_id
  join seen_transfers t on t.cause_id = e.id and t.wallet_id = e.wallet_id
  where e.hold_id is null and t.cause = 'usage' and t.kind in ('spend', 'overdraft')
  union all
  select h.api_key_id, h.placed - h.released from seen_holds h
  join seen_tokens s on s.subject_id = h.api_key_id
  union all
  select c.api_key_id, t.amount from (
    select distinct h.api_key_id, t.wallet_id, t.cause, t.cause_id from seen_holds h
    join seen_tokens s on s.subject_id = h.api_key_id
    join hold_transfers t on t.hold_id = h.id and t.wallet_id = h.wallet_id
    where t.kind = 'capture'
  ) c
  join seen_transfers t on t.cause_id = c.cause_id and t.cause = c.cause and t.wallet_id = c.wallet_id
  where t.kind = 'spend'`;

export const budgetEqualsTaken: Invariant = {
  name: "budget_equals_taken",
  rule: "what an agent's token counts in all is what spends took with it, and what its holds took or still have",
  relations: [...tokenRelations, { name: "token_takings", whole: takings, recent: takings }],
  offenders: `
    select s.project_id, s.only_wallet_id as wallet_id, s.subject_id::text as id,
      format('%s counted; %s taken', s.total_spent, coalesce(t.taken, 0)) as wrong
    from seen_tokens s
    left join (select api_key_id, sum(amount) as taken from token_takings group by api_key_id) t
      on t.api_key_id = s.subject_id
    where s.total_spent < coalesce(t.taken, 0) or (s.whole and s.total_spent <> coalesce(t.taken, 0))`,
};
