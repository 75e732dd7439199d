import type { Invariant } from "./invariant.js";

const ofWallets = "('available', 'held', 'debt')";

/**
 * The control total of a project, from wallets on one side and transfers on the other. It alone notices transfers
 * whose wallet is not there.
 */
export const accountsSumToZero: Invariant = {
  name: "accounts_sum_to_zero",
  rule: "all accounts of a project, wallets and ours, sum to zero, over as many transfers as its wallets count",
  offenders: `
    select project_id, null::uuid as wallet_id, project_id::text as id,
      format('the accounts sum to %s, and wallets count %s transfers more than there are', sum(credits), sum(lines)) as wrong
    from (
      select project_id,
        sum(available - available_before + held - held_before - debt + debt_before) as credits,
        sum(seq - seq_before) as lines
      from seen_wallets group by project_id
      union all
      select project_id,
        sum((case when credit_account in ${ofWallets} then 0 else amount end)
          - (case when debit_account in ${ofWallets} then 0 else amount end)),
        -count(*)
      from seen_transfers group by project_id
    ) sides group by project_id having sum(credits) <> 0 or sum(lines) <> 0`,
};
