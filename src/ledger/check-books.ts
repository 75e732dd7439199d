import type { Database, Trx } from "../platform/db/connect.js";

/** A rule of the ledger and how many rows break it. Anything but zero is a bug or a tampered database. */
export interface BookCheck {
  readonly name: string;
  /** The rule as a sentence that should be true. */
  readonly rule: string;
  readonly offenders: number;
}

/** Each query returns the offenders, so an operator can run it by hand and look at them. */
const rules: readonly { readonly name: string; readonly rule: string; readonly sql: string }[] = [
  {
    name: "wallet_equals_transfers",
    rule: "every wallet's balances are the sums of its transfers",
    sql: `
      select w.id from wallets w left join (
        select wallet_id, count(*) as lines,
          sum(case when credit_account = 'available' then amount when debit_account = 'available' then -amount else 0 end) as available,
          sum(case when credit_account = 'held' then amount when debit_account = 'held' then -amount else 0 end) as held,
          sum(case when debit_account = 'debt' then amount when credit_account = 'debt' then -amount else 0 end) as debt
        from transfers group by wallet_id
      ) t on t.wallet_id = w.id
      where w.available <> coalesce(t.available, 0) or w.held <> coalesce(t.held, 0)
        or w.debt <> coalesce(t.debt, 0) or w.seq <> coalesce(t.lines, 0)`,
  },
  {
    name: "wallet_equals_lots",
    rule: "what is available and held in a wallet is what remains in its lots",
    sql: `
      select w.id from wallets w
      left join (select wallet_id, sum(remaining) as remaining from lot_balances group by wallet_id) l on l.wallet_id = w.id
      where w.available + w.held <> coalesce(l.remaining, 0)`,
  },
  {
    name: "lot_equals_transfers",
    rule: "every lot was filled once with what it was granted, and what remains and is held is the sum of its transfers",
    sql: `
      select l.wallet_id, l.lot_no from lot_balances l left join (
        select wallet_id, lot_no,
          sum(amount) filter (where kind in ('purchase', 'promotion', 'correction_in')) as granted,
          sum((case when credit_account in ('available', 'held') then amount else 0 end)
            - (case when debit_account in ('available', 'held') then amount else 0 end)) as remaining,
          sum((case credit_account when 'held' then amount else 0 end)
            - (case debit_account when 'held' then amount else 0 end)) as held
        from transfers where lot_no is not null group by wallet_id, lot_no
      ) t on t.wallet_id = l.wallet_id and t.lot_no = l.lot_no
      where t.granted is distinct from l.granted or t.remaining is distinct from l.remaining
        or t.held is distinct from l.held`,
  },
  {
    name: "head_equals_lot",
    rule: "what a wallet counts of its head lot is what that lot has free, less what its row does not know yet",
    sql: `
      select w.id from wallets w left join lots l on l.wallet_id = w.id and l.lot_no = w.head_lot_no
      where w.head_lot_no is not null and (w.head_left is distinct from l.remaining - l.held - w.head_burned
        or w.head_expires_at is distinct from l.expires_at)`,
  },
  {
    name: "hold_equals_transfers",
    rule: "every hold was placed once, and what was captured and released and how it ended is what its transfers say",
    sql: `
      select h.wallet_id, h.id from holds h left join (
        select wallet_id, hold_id,
          coalesce(sum(amount) filter (where kind = 'hold'), 0) as placed,
          coalesce(sum(amount) filter (where kind = 'capture'), 0) as captured,
          coalesce(sum(amount) filter (where kind = 'release'), 0) as released,
          case (array_agg(cause order by seq desc))[1]
            when 'release' then 'released' when 'expiry' then 'expired' else 'captured' end as ends_as
        from transfers where hold_id is not null group by wallet_id, hold_id
      ) t on t.wallet_id = h.wallet_id and t.hold_id = h.id
      where h.amount is distinct from t.placed or h.placed is distinct from t.placed
        or h.captured is distinct from t.captured or h.released is distinct from t.released
        or h.ended_as::text is distinct from case when t.captured + t.released = t.placed then t.ends_as end`,
  },
  {
    name: "hold_uses_its_lots",
    rule: "no hold captured or gave back more of a lot than it had taken aside of it",
    sql: `
      select wallet_id, hold_id, lot_no from transfers where hold_id is not null
      group by wallet_id, hold_id, lot_no
      having sum(case kind when 'hold' then amount else -amount end) < 0`,
  },
  {
    name: "held_equals_open_holds",
    rule: "what a wallet holds is what its lots hold, and what its open holds have left",
    sql: `
      select w.id from wallets w
      left join (select wallet_id, sum(held) as held from lots group by wallet_id) l on l.wallet_id = w.id
      left join (
        select wallet_id, sum(placed - captured - released) as held from holds where ended_at is null group by wallet_id
      ) h on h.wallet_id = w.id
      where w.held <> coalesce(l.held, 0) or w.held <> coalesce(h.held, 0)`,
  },
  {
    name: "seq_gapless",
    rule: "the transfers of a wallet are numbered 1, 2, 3 without a gap",
    sql: `
      select wallet_id from transfers group by wallet_id
      having min(seq) <> 1 or max(seq) <> count(*)`,
  },
  {
    name: "balances_chain",
    rule: "each transfer changes the balances before it by exactly its amount",
    sql: `
      select wallet_id, seq from (
        select wallet_id, seq, available_after, held_after, debt_after,
          lag(available_after, 1, 0::bigint) over w
            + (case when credit_account = 'available' then amount when debit_account = 'available' then -amount else 0 end) as available,
          lag(held_after, 1, 0::bigint) over w
            + (case when credit_account = 'held' then amount when debit_account = 'held' then -amount else 0 end) as held,
          lag(debt_after, 1, 0::bigint) over w
            + (case when debit_account = 'debt' then amount when credit_account = 'debt' then -amount else 0 end) as debt
        from transfers window w as (partition by wallet_id order by seq)
      ) t where available_after <> available or held_after <> held or debt_after <> debt`,
  },
  {
    name: "same_project",
    rule: "a transfer, its wallet, its lot and its hold belong to one project, and are there",
    sql: `
      select t.wallet_id, t.seq from transfers t
      left join wallets w on w.id = t.wallet_id
      left join lots l on l.wallet_id = t.wallet_id and l.lot_no = t.lot_no
      left join holds h on h.wallet_id = t.wallet_id and h.id = t.hold_id
      where t.project_id is distinct from w.project_id
        or (t.lot_no is not null and t.project_id is distinct from l.project_id)
        or (t.hold_id is not null and t.project_id is distinct from h.project_id)`,
  },
  {
    name: "accounts_balance",
    rule: "what wallets hold, less what they owe, is what the other accounts gave and did not get back",
    sql: `
      select wallets_total, others_total from
        (select coalesce(sum(available + held - debt), 0) as wallets_total from wallets) w,
        (select coalesce(sum(case when debit_account in ('available', 'held', 'debt') then 0 else amount end)
             - sum(case when credit_account in ('available', 'held', 'debt') then 0 else amount end), 0)
           as others_total from transfers) t
      where wallets_total <> others_total`,
  },
];

/**
 * Checks the whole ledger. Each rule is one statement, so writers beside it cause no false alarm. Each reads every
 * row: a large ledger needs a quiet hour and a connection whose statement timeout allows for it: some two seconds
 * per rule and million transfers.
 */
export async function checkBooks(db: Database | Trx): Promise<readonly BookCheck[]> {
  const checks: BookCheck[] = [];
  for (const { name, rule, sql } of rules) {
    const { rows } = await db.raw<{ rows: { offenders: bigint }[] }>(
      `select count(*) as offenders from (${sql}) offenders`,
    );
    checks.push({ name, rule, offenders: Number(rows[0]?.offenders ?? 0n) });
  }
  return checks;
}
