import pg from "pg";

export interface Wallet {
  readonly id: string;
  readonly customer: string;
  readonly available: bigint;
  readonly held: bigint;
  readonly debt: bigint;
  readonly seq: bigint;
}

/** One row of the ledger, with the balances after it. */
export interface Transfer {
  readonly wallet: string;
  readonly seq: bigint;
  readonly kind: string;
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
  readonly available: bigint;
  readonly held: bigint;
  readonly debt: bigint;
  readonly cause: string;
  readonly causeId: string;
  readonly lot: number | null;
  readonly hold: string | null;
  readonly memo: string | null;
  /** By the database's clock. */
  readonly atMs: number;
}

export interface Lot {
  readonly wallet: string;
  readonly lot: number;
  readonly granted: bigint;
  readonly remaining: bigint;
  readonly held: bigint;
  readonly purchase: string | null;
}

export interface Hold {
  readonly id: string;
  readonly wallet: string;
  readonly amount: bigint;
  readonly placed: bigint;
  readonly captured: bigint;
  readonly released: bigint;
  readonly ended: string | null;
  readonly description: string | null;
  /** Set for what the product itself sets aside of a purchase whose money may go back. */
  readonly purpose: string | null;
  /** The purchase of which it is set aside. */
  readonly purchase: string | null;
}

export interface UsageEvent {
  readonly id: string;
  readonly key: string;
  readonly wallet: string;
  /** Micro-credits; null when it had no price. */
  readonly credits: bigint | null;
  readonly batch: "applied" | "waiting" | "quarantined" | "missing";
  readonly outcome: "rejected" | "partial" | null;
  readonly reason: string | null;
  readonly met: bigint | null;
  /** Why its batch is in quarantine. */
  readonly problem: string | null;
}

export interface Purchase {
  readonly id: string;
  readonly wallet: string;
  readonly credits: bigint;
  readonly amountMinor: bigint;
  readonly state: string;
  readonly session: string | null;
  readonly granted: bigint;
  readonly reversed: bigint;
  readonly quarantined: boolean;
}

/** Credits of a purchase that were taken back, or given back when below zero. */
export interface Reversal {
  readonly id: string;
  readonly purchase: string;
  readonly number: number;
  readonly amount: bigint;
}

/** A refund that was asked for here. */
export interface Refund {
  readonly id: string;
  readonly purchase: string;
  readonly amountMinor: bigint;
  readonly credits: bigint;
  readonly state: string;
  /** `re_…` */
  readonly stripeRefund: string | null;
  readonly finished: boolean;
}

/** A warning of fraud that reached the product, and when it was looked at. */
export interface Warned {
  /** `issfr_…` */
  readonly warning: string;
  readonly receivedMs: number;
  readonly finishedMs: number;
}

export interface Ledger {
  readonly wallets: readonly Wallet[];
  readonly transfers: readonly Transfer[];
  readonly lots: readonly Lot[];
  readonly holds: readonly Hold[];
  readonly events: readonly UsageEvent[];
  readonly purchases: readonly Purchase[];
  readonly reversals: readonly Reversal[];
  readonly refunds: readonly Refund[];
  readonly warned: readonly Warned[];
  /** Events of Stripe that were taken in, by what became of them. */
  readonly inbox: ReadonlyMap<string, number>;
}

const statements = {
  wallets: "select id, customer_id as customer, available, held, debt, seq from wallets",
  transfers: `
select wallet_id as wallet, seq, kind::text, debit_account::text as "from", credit_account::text as "to", amount,
  available_after as available, held_after as held, debt_after as debt,
  cause::text, cause_id as "causeId", lot_no as lot, hold_id as hold, memo,
  (extract(epoch from created_at) * 1000)::float8 as "atMs"
from transfers order by wallet_id, seq`,
  lots: `
select v.wallet_id as wallet, v.lot_no as lot, v.granted, v.remaining, v.held, l.purchase_id as purchase
from lot_balances v join lots l on l.wallet_id = v.wallet_id and l.lot_no = v.lot_no`,
  holds: `
select id, wallet_id as wallet, amount, placed, captured, released, ended_as::text as ended, description, purpose,
  purchase_id as purchase
from holds`,
  events: `
select e.id, e.key, e.wallet_id as wallet, e.credits,
  case when b.id is null then 'missing' when b.applied_at is not null then 'applied'
    when b.quarantined_at is not null then 'quarantined' else 'waiting' end as batch,
  o.outcome::text, o.reason, o.available as met, b.problem
from usage_events e
left join usage_batches b on b.id = overlay(e.id::text placing '0000' from 33)::uuid
left join usage_outcomes o on o.event_id = e.id`,
  purchases: `
select id, wallet_id as wallet, credits, amount_minor as "amountMinor", state, checkout_session_id as session, granted,
  reversed, quarantined_at is not null as quarantined
from purchases`,
  reversals:
    "select id, purchase_id as purchase, number, amount from reversals order by purchase_id, number",
  refunds: `
select id, purchase_id as purchase, amount_minor as "amountMinor", credits, state, stripe_refund_id as "stripeRefund",
  finished_at is not null as finished
from refunds order by purchase_id, id`,
  warned: `
select payload -> 'data' -> 'object' ->> 'id' as warning,
  (extract(epoch from received_at) * 1000)::float8 as "receivedMs",
  (extract(epoch from finished_at) * 1000)::float8 as "finishedMs"
from stripe_events where type = 'radar.early_fraud_warning.created' and status = 'processed'`,
  inbox: "select status, count(*) as count from stripe_events group by status",
} as const;

/** Everything of one moment. */
export async function readLedger(databaseUrl: string): Promise<Ledger> {
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: "storm-checker",
  });
  client.setTypeParser(pg.types.builtins.INT8, BigInt);
  await client.connect();
  try {
    await client.query("begin isolation level repeatable read read only");
    const read = async <T>(statement: string): Promise<T[]> =>
      (await client.query(statement)).rows as T[];
    const counts = await read<{ status: string; count: bigint }>(statements.inbox);
    return {
      wallets: await read<Wallet>(statements.wallets),
      transfers: await read<Transfer>(statements.transfers),
      lots: await read<Lot>(statements.lots),
      holds: await read<Hold>(statements.holds),
      events: await read<UsageEvent>(statements.events),
      purchases: await read<Purchase>(statements.purchases),
      reversals: await read<Reversal>(statements.reversals),
      refunds: await read<Refund>(statements.refunds),
      warned: await read<Warned>(statements.warned),
      inbox: new Map(counts.map(({ status, count }) => [status, Number(count)])),
    };
  } finally {
    await client.end();
  }
}
