import type { Invariant } from "./invariant.js";

const repayments = "kind in ('debt_repayment', 'repayment_returned')";

/** `repayments`: all transfers that paid debts or returned what had paid them; lately: of wallets that
 * something was returned to, since nothing else can break it. */
export const repaymentReturnedToItsLot: Invariant = {
  name: "repayment_returned_to_its_lot",
  rule: "no lot got more back of what had paid a debt than it had paid",
  relations: [
    {
      name: "repayments",
      whole: ({ inProject }) =>
        `select * from transfers where ${repayments} and ${inProject("transfers")}`,
      recent: () => `
  select t.* from (select distinct wallet_id from seen_transfers where kind = 'repayment_returned') w
  cross join lateral (select * from transfers where wallet_id = w.wallet_id and ${repayments} offset 0) t`,
    },
  ],
  offenders: `
    select min(project_id::text)::uuid as project_id, wallet_id, lot_no::text as id,
      format('%s more returned than paid', -sum(case kind when 'debt_repayment' then amount else -amount end)) as wrong
    from repayments group by wallet_id, lot_no
    having sum(case kind when 'debt_repayment' then amount else -amount end) < 0`,
};
