import type { Damage } from "../ledger/damages.js";

/** `:purchase` is one of 500 credits that was paid; of `:returned` a part was refunded. */
export const checkoutDamages: readonly Damage[] = [
  {
    what: "a purchase was granted twice, into the books as if it were right",
    sql: `drop index transfers_purchase_granted_once; drop index lots_one_per_purchase;
          insert into lots (project_id, wallet_id, lot_no, source, purchase_id, granted, remaining, cost_minor, currency,
            priority)
          select project_id, wallet_id, 99, source, purchase_id, granted, granted, cost_minor, currency, priority
          from lots where purchase_id = :purchase;
          insert into transfers (project_id, wallet_id, seq, amount, available_after, held_after, debt_after, cause_id,
            cause, kind, debit_account, credit_account, lot_no, leg)
          select t.project_id, t.wallet_id, w.seq + 1, t.amount, w.available + t.amount, w.held, w.debt, t.cause_id,
            t.cause, t.kind, t.debit_account, t.credit_account, 99, t.leg
          from transfers t join wallets w on w.id = t.wallet_id where t.kind = 'purchase' and t.cause_id = :purchase;
          update wallets set seq = seq + 1, available = available + 500000000
          where id = (select wallet_id from purchases where id = :purchase)`,
    foundBy: ["purchase_granted_once"],
  },
  {
    what: "a paid purchase was never granted",
    sql: `insert into purchases (id, project_id, wallet_id, credit_pack_id, pack_name, credits, amount_minor, currency,
            account_id, livemode, state, granted)
          select overlay(id::text placing '0000' from 33)::uuid, project_id, wallet_id, credit_pack_id, pack_name, credits,
            amount_minor, currency, account_id, livemode, 'paid', credits from purchases where id = :purchase`,
    foundBy: ["purchase_granted_once"],
  },
  {
    what: "credits were granted for a purchase that nobody paid",
    sql: "update purchases set state = 'expired', granted = 0 where id = :purchase",
    foundBy: ["purchase_granted_once"],
  },
  {
    what: "a purchase is another customer's",
    sql: "update purchases set wallet_id = (select id from wallets where id <> wallet_id limit 1) where id = :purchase",
    foundBy: ["purchase_granted_once"],
  },
  {
    what: "a purchase disappears",
    sql: "delete from purchases where id = :purchase",
    foundBy: ["purchase_granted_once"],
  },
  {
    what: "a purchase says that less was taken back than was",
    sql: "update purchases set reversed = reversed - 1 where id = :returned",
    foundBy: ["purchase_reversed_as_posted"],
  },
  {
    what: "a purchase counts a reversal that was not",
    sql: "update purchases set reversals = reversals + 1 where id = :returned",
    foundBy: ["purchase_reversed_as_posted"],
  },
  {
    what: "a refunded purchase says that it is paid",
    sql: "update purchases set state = 'paid' where id = :returned",
    foundBy: ["purchase_returns_as_told"],
  },
  {
    what: "a purchase is disputed without a dispute",
    sql: "update purchases set disputed = true where id = :returned",
    foundBy: ["purchase_returns_as_told"],
  },
  {
    what: "a refund that took credits is forgotten",
    sql: "delete from stripe_refunds where purchase_id = :returned",
    foundBy: ["purchase_returns_as_told"],
  },
];
