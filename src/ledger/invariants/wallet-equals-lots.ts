import type { Invariant } from "./invariant.js";

export const walletEqualsLots: Invariant = {
  name: "wallet_equals_lots",
  rule: "what is available and held in a wallet is what remains in its lots",
  offenders: `
    select w.project_id, w.id as wallet_id, w.seq::text as id,
      format('%s available and held; lots have %s', w.available + w.held, coalesce(l.remains, 0)) as wrong
    from seen_wallets w
    left join (select wallet_id, sum(remains) as remains from wallet_lots group by wallet_id) l on l.wallet_id = w.id
    where w.available + w.held <> coalesce(l.remains, 0)`,
};
