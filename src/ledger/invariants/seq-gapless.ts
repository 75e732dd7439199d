import type { Invariant } from "./invariant.js";

export const seqGapless: Invariant = {
  name: "seq_gapless",
  rule: "the transfers of a wallet are numbered 1, 2, 3 without a gap",
  offenders: `
    select t.project_id, t.wallet_id, t.last::text as id,
      format('%s transfers are numbered %s to %s, after %s', t.lines, t.first, t.last, coalesce(w.seq_before, 0)) as wrong
    from (
      select min(project_id::text)::uuid as project_id, wallet_id, min(seq) as first, max(seq) as last,
        count(*) as lines
      from seen_transfers group by wallet_id
    ) t left join seen_wallets w on w.id = t.wallet_id
    where t.first <> coalesce(w.seq_before, 0) + 1 or t.last <> coalesce(w.seq_before, 0) + t.lines`,
};
