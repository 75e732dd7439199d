import type { Relations } from "./invariant.js";

/**
 * - `seen_reversals`: reversals; lately: of the purchases of wallets that were moved, and those that seen transfers name
 * - `reversal_transfers`: all transfers that these caused, and those that name a reversal that is not there
 */
export const reversalRelations: Relations = [
  {
    name: "named_reversals",
    recent: () => `select distinct cause_id from seen_transfers where cause = 'reversal'`,
  },
  {
    name: "seen_reversals",
    whole: ({ inProject }) => `select * from reversals where ${inProject("reversals")}`,
    recent: () => `
  select r.* from wallet_lots l
  cross join lateral (select * from reversals where purchase_id = l.purchase_id offset 0) r
  where l.purchase_id is not null
  union
  select r.* from named_reversals n
  cross join lateral (select * from reversals where id = n.cause_id offset 0) r`,
  },
  {
    name: "reversal_transfers",
    whole: ({ inProject }) =>
      `select * from transfers where cause = 'reversal' and ${inProject("transfers")}`,
    recent: () => `
  select t.* from (select id from seen_reversals union select cause_id from named_reversals) n
  cross join lateral (select * from transfers where cause_id = n.id and cause = 'reversal' offset 0) t`,
  },
];

/** What a transfer of a reversal took back, below zero when it gave back. */
export const reversedBy = `((case credit_account when 'stripe_clearing' then amount else 0 end)
    - (case debit_account when 'stripe_clearing' then amount else 0 end))`;
