import type { Invariant } from "../../ledger/invariants/invariant.js";
import { tokenRelations } from "./scope.js";

export const tokenKeepsToItsWallet: Invariant = {
  name: "token_keeps_to_its_wallet",
  rule: "an agent's token takes and holds nothing of another wallet than its own",
  relations: tokenRelations,
  offenders: `
    select h.project_id, h.wallet_id, h.id::text as id,
      format('a token of wallet %s placed this hold', s.only_wallet_id) as wrong
    from seen_holds h join seen_tokens s on s.subject_id = h.api_key_id and s.only_wallet_id <> h.wallet_id
    union all
    select e.project_id, e.wallet_id, e.id::text, format('a token of wallet %s took this', s.only_wallet_id)
    from seen_events e join seen_tokens s on s.subject_id = e.api_key_id and s.only_wallet_id <> e.wallet_id
    where exists (
      select from seen_transfers t where t.cause_id = e.id and t.wallet_id = e.wallet_id and t.cause = 'usage'
    )`,
};
