/** Something that only the owner of the server can do to the books, with the triggers off. */
export interface Damage {
  readonly what: string;
  readonly sql: string;
  /**
   * The invariants that must find it, and no other may. Each invariant has a damage that it alone finds; where there are
   * several, one thing is told in several places, and the damage changes it in one of them.
   */
  readonly foundBy: readonly string[];
}

/**
 * `:first` is the wallet with 5 transfers: two lots given, 30 taken over both, 5 given. `:second` has one.
 * `:third` has three lots. A hold of the first was released, then that lot was spent. Two open holds lie in the
 * others, with 3 of each captured. It owes 2. `:fourth` spent 5 of the 10 in its lot: the lot's row knows of 3.
 */
export const damages: readonly Damage[] = [
  {
    what: "a wallet counts the transfer of another",
    sql: `update wallets set seq = seq + 1 where id = :first; update wallets set seq = seq - 1 where id = :second`,
    foundBy: ["wallet_equals_transfers"],
  },
  {
    what: "credits leave a wallet and no lot",
    sql: `alter table transfers drop constraint transfers_name_their_lot;
          update lots set remaining = remaining
            + (select amount from transfers t where t.wallet_id = lots.wallet_id and seq = 4)
          where wallet_id = :first and lot_no = 2;
          update transfers set lot_no = null where wallet_id = :first and seq = 4`,
    foundBy: ["wallet_equals_lots"],
  },
  {
    what: "credits are held by no hold",
    sql: `alter table transfers drop constraint transfers_name_their_hold;
          update transfers set hold_id = null
          where wallet_id = :third and hold_id in (select id from holds where ended_at is null);
          delete from holds where wallet_id = :third and ended_at is null`,
    foundBy: ["held_equals_open_holds"],
  },
  {
    what: "more is taken than there is, and given back",
    sql: `alter table transfers drop constraint transfers_available_after_check;
          alter table lots drop constraint lots_remaining_in_range;
          alter table lots drop constraint lots_held_in_range;
          insert into transfers (project_id, wallet_id, seq, amount, available_after, held_after, debt_after, cause_id,
            cause, kind, debit_account, credit_account, lot_no, leg)
          select project_id, wallet_id, 2, 2 * amount, -amount, 0, 0, gen_random_uuid(), 'operator',
            'correction_out', 'available', 'correction', 1, 0
          from transfers where wallet_id = :second and seq = 1;
          insert into transfers (project_id, wallet_id, seq, amount, available_after, held_after, debt_after, cause_id,
            cause, kind, debit_account, credit_account, lot_no, leg)
          select project_id, wallet_id, 3, 2 * amount, amount, 0, 0, gen_random_uuid(), 'operator',
            'promotion', 'promotion', 'available', 2, 0
          from transfers where wallet_id = :second and seq = 1;
          insert into lots (project_id, wallet_id, lot_no, source, granted, remaining, priority)
          select project_id, wallet_id, 2, 'promotion', 2 * granted, 2 * granted, priority
          from lots where wallet_id = :second;
          update lots set remaining = -granted where wallet_id = :second and lot_no = 1;
          update wallets set seq = 3 where id = :second`,
    foundBy: ["never_below_zero"],
  },
  {
    what: "what was spent is said to have expired",
    sql: `alter table transfers drop constraint transfers_declared_movement;
          update transfers set credit_account = 'breakage' where wallet_id = :fourth and seq = 2`,
    foundBy: ["movements_declared"],
  },
  {
    what: "available credits are declared held",
    sql: "update wallets set available = available - 1, held = held + 1 where id = :first",
    foundBy: ["wallet_equals_transfers", "held_equals_open_holds"],
  },
  {
    what: "a wallet counts a transfer that it does not have",
    sql: "update wallets set seq = seq + 1 where id = :first",
    foundBy: ["wallet_equals_transfers", "accounts_sum_to_zero"],
  },
  {
    what: "a debt is written into a wallet",
    sql: "update wallets set debt = 7 where id = :second",
    foundBy: ["wallet_equals_transfers", "accounts_sum_to_zero"],
  },
  {
    what: "credits are written into a wallet",
    sql: "update wallets set available = available + 1 where id = :second",
    foundBy: ["wallet_equals_transfers", "wallet_equals_lots", "accounts_sum_to_zero"],
  },
  {
    what: "a lot loses credits",
    sql: "update lots set remaining = remaining - 1 where wallet_id = :second",
    foundBy: ["wallet_equals_lots", "lot_equals_transfers"],
  },
  {
    what: "a lot disappears",
    sql: "delete from lots where wallet_id = :second",
    foundBy: ["wallet_equals_lots", "same_project"],
  },
  {
    what: "credits move from one lot of a wallet to another",
    sql: `update lots set remaining = remaining + case lot_no when 2 then -1 when 1 then 1 else 0 end
          where wallet_id = :first`,
    foundBy: ["lot_equals_transfers"],
  },
  {
    what: "a lot is said to have been larger",
    sql: "update lots set granted = granted + 1 where wallet_id = :second",
    foundBy: ["lot_equals_transfers"],
  },
  {
    what: "a lot was opened and never filled",
    sql: `insert into lots (project_id, wallet_id, lot_no, source, granted, priority)
          select project_id, id, 99, 'promotion', 5, 100 from wallets where id = :second`,
    foundBy: ["lot_equals_transfers"],
  },
  {
    what: "a wallet has more left of its head lot",
    sql: "update wallets set head_left = head_left + 1 where id = :fourth",
    foundBy: ["head_equals_lot"],
  },
  {
    what: "a wallet does not know what is left of its head lot",
    sql: "update wallets set head_left = null where id = :fourth",
    foundBy: ["head_equals_lot"],
  },
  {
    what: "a wallet believes that its head lot expires",
    sql: "update wallets set head_expires_at = now() where id = :fourth",
    foundBy: ["head_equals_lot"],
  },
  {
    what: "the head lot itself expires otherwise",
    sql: "update lots set expires_at = now() where wallet_id = :fourth",
    foundBy: ["head_equals_lot"],
  },
  {
    what: "a wallet has burned less of its head lot",
    sql: "update wallets set head_burned = head_burned - 1 where id = :fourth",
    foundBy: ["wallet_equals_lots", "lot_equals_transfers", "head_equals_lot"],
  },
  {
    what: "a wallet spends from a lot that it does not have",
    sql: "update wallets set head_lot_no = 99 where id = :fourth",
    foundBy: ["wallet_equals_lots", "lot_equals_transfers", "head_equals_lot"],
  },
  {
    what: "held credits of a lot are declared free",
    sql: "update lots set held = held - 1 where wallet_id = :third and lot_no = 2",
    foundBy: ["lot_equals_transfers", "held_equals_open_holds"],
  },
  {
    what: "the lots of a wallet hold each other's credits",
    sql: `update lots set held = held + case lot_no when 2 then -1 else 1 end, remaining = remaining + case lot_no when 2 then -1 else 1 end
          where wallet_id = :third and lot_no >= 2`,
    foundBy: ["lot_equals_transfers"],
  },
  {
    what: "a hold is said to have been released where it was captured",
    sql: "update holds set captured = captured - 1, released = released + 1 where wallet_id = :third and captured > 0",
    foundBy: ["hold_equals_transfers"],
  },
  {
    what: "a hold is said to have ended otherwise",
    sql: "update holds set ended_as = 'expired' where wallet_id = :third and ended_as = 'released'",
    foundBy: ["hold_ends_once"],
  },
  {
    what: "an ended hold is open again",
    sql: "update holds set ended_as = null, ended_at = null where wallet_id = :third and ended_as = 'released'",
    foundBy: ["hold_ends_once"],
  },
  {
    what: "a hold was opened and never filled",
    sql: `insert into holds (project_id, wallet_id, id, amount, over_capture, rate_card_version, expires_at)
          select project_id, id, gen_random_uuid(), 5, 'reject', 1, now() from wallets where id = :second`,
    foundBy: ["hold_equals_transfers"],
  },
  {
    what: "a hold captures less",
    sql: "update holds set captured = captured - 1 where wallet_id = :third and captured > 0",
    foundBy: ["hold_equals_transfers", "held_equals_open_holds"],
  },
  {
    what: "two holds captured each from the lot of the other",
    sql: "update transfers set lot_no = case lot_no when 2 then 3 else 2 end where wallet_id = :third and kind = 'capture'",
    foundBy: ["hold_uses_its_lots"],
  },
  {
    what: "an open hold disappears",
    sql: "delete from holds where wallet_id = :third and ended_at is null",
    foundBy: ["held_equals_open_holds", "same_project"],
  },
  {
    what: "a hold goes to another project",
    sql: "update holds set project_id = gen_random_uuid() where wallet_id = :third and ended_at is null",
    foundBy: ["same_project"],
  },
  {
    what: "what is owed is owed in another project",
    sql: "update transfers set project_id = gen_random_uuid() where wallet_id = :third and kind = 'overdraft'",
    foundBy: ["same_project", "accounts_sum_to_zero"],
  },
  {
    what: "a transfer is renumbered",
    sql: "update transfers set seq = 6 where wallet_id = :first and seq = 5",
    foundBy: ["seq_gapless"],
  },
  {
    what: "the numbers begin at zero",
    sql: "update transfers set seq = 0 where wallet_id = :second",
    foundBy: ["seq_gapless"],
  },
  {
    what: "the balance after a transfer is another",
    sql: "update transfers set available_after = available_after + 1 where wallet_id = :first and seq = 3",
    foundBy: ["balances_chain"],
  },
  {
    what: "the balance after the last transfer is another",
    sql: "update transfers set held_after = 1 where wallet_id = :first and seq = 5",
    foundBy: ["balances_chain"],
  },
  {
    what: "the debt after a transfer is another",
    sql: "update transfers set debt_after = 1 where wallet_id = :second",
    foundBy: ["balances_chain"],
  },
  {
    what: "a lot goes to another project",
    sql: "update lots set project_id = gen_random_uuid() where wallet_id = :second",
    foundBy: ["same_project"],
  },
  {
    what: "a transfer goes to another project",
    sql: "update transfers set project_id = gen_random_uuid() where wallet_id = :first and seq = 2",
    foundBy: ["same_project", "accounts_sum_to_zero"],
  },
  {
    what: "a wallet disappears with its lots, but not its transfers",
    sql: "delete from lots where wallet_id = :second; delete from wallets where id = :second",
    foundBy: ["accounts_sum_to_zero"],
  },
  {
    what: "an amount is another",
    sql: "update transfers set amount = amount + 1 where wallet_id = :first and seq = 4",
    foundBy: [
      "wallet_equals_transfers",
      "lot_equals_transfers",
      "balances_chain",
      "accounts_sum_to_zero",
    ],
  },
  {
    what: "the last transfer disappears",
    sql: "delete from transfers where wallet_id = :first and seq = 5",
    foundBy: ["wallet_equals_transfers", "lot_equals_transfers", "accounts_sum_to_zero"],
  },
  {
    what: "a transfer in the middle disappears",
    sql: "delete from transfers where wallet_id = :first and seq = 2",
    foundBy: [
      "wallet_equals_transfers",
      "lot_equals_transfers",
      "seq_gapless",
      "balances_chain",
      "accounts_sum_to_zero",
    ],
  },
];
