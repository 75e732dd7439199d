import { eventsPerBatch, laneCount } from "../../src/metering/rules.js";
import {
  closeDatabase,
  connectDatabase,
  type Database,
  migrationTimeouts,
} from "../../src/platform/db/connect.js";
import type { Rig } from "./rig.js";

/** Events of one statement: each wallet gets the same number of them. */
const eventsPerStatement = 500_000;
/** What each event of the past cost, in millionths of a credit. All of it is in the first lot. */
const costMicro = 1_000;
const daysAgo = 30;
/** When the past begins. */
export const past = () => new Date(Date.now() - daysAgo * 86_400_000);

/** More than the batches of one turn in one lane, because each batch of a lane has a millisecond of its own. */
const msPerTurn = 100_000;

/**
 * Gives wallets that were just funded a past: full batches, the events, and a transfer for each, as if
 * the product had written them in that order over some days. By SQL and with the triggers off; balances, lots and `seq`
 * are made to agree, so that the ledger goes on from there, and `checkInvariants` proves it.
 *
 * @returns how many events there are now, and how long it took
 */
export async function growUsage(
  rig: Rig,
  atLeast: number,
): Promise<{ readonly events: number; readonly seconds: number }> {
  const db = connectDatabase({
    url: rig.databaseUrl,
    poolMax: 1,
    applicationName: "bench-grow",
    ...migrationTimeouts,
  });
  const startMs = performance.now();
  try {
    await db.raw("set session_replication_role = replica");
    await db.raw(ownersStatement);
    const { rows } = await db.raw<{ rows: { wallets: number }[] }>(
      "select count(*)::integer as wallets from bench_owners",
    );
    const wallets = rows[0]?.wallets ?? 0;
    const eventsPerWallet = Math.ceil(atLeast / wallets);
    const step = Math.max(1, Math.floor(eventsPerStatement / wallets));
    for (let from = 0; from < eventsPerWallet; from += step)
      await growBy(db, from, Math.min(from + step, eventsPerWallet));
    await db.raw(balancesStatement(eventsPerWallet));
    await db.raw("drop table bench_owners");
    await db.raw("vacuum analyze");
    const seconds = (performance.now() - startMs) / 1_000;
    return { events: eventsPerWallet * wallets, seconds };
  } finally {
    await closeDatabase(db);
  }
}

async function growBy(db: Database, from: number, to: number): Promise<void> {
  await db.raw(pastStatement(from, to));
  for (const statement of [batchesStatement, eventsStatement, transfersStatement])
    await db.raw(statement);
  await db.raw("drop table bench_past");
}

/** The lane is cut from the id as the product does it. */
const ownersStatement = `
create temp table bench_owners as
select id as wallet_id, project_id, seq, available, lane,
  (select id from api_keys where api_keys.project_id = w.project_id limit 1) as api_key_id,
  row_number() over (partition by lane order by id) - 1 as place,
  count(*) over (partition by lane) as in_lane
from (select *, ('x' || right(id::text, 2))::bit(8)::integer % ${laneCount} as lane from wallets) w`;

/**
 * A turn is one event of each wallet. Each statement fills batches of its own, so the last one of each lane may be
 * smaller. The ids begin with their time; ids of batches of the same millisecond differ in the lane.
 */
const pastStatement = (from: number, to: number) => `
create temp table bench_past as
select o.*, line / ${eventsPerBatch} as batch, line % ${eventsPerBatch} + 1 as place_in_batch,
  to_timestamp(at_ms / 1000.0) as at,
  substr(time, 1, 8) || '-' || substr(time, 9) || '-7' || lpad(to_hex(lane), 3, '0') || '-8000-00000000' as head
from (
  select o.*, turn, (turn - ${from}) * in_lane + place as line
  from bench_owners o, generate_series(${from}::bigint, ${to - 1}::bigint) turn
) o
cross join lateral (
  select (extract(epoch from current_date - ${daysAgo}) * 1000)::bigint + ${from} * ${msPerTurn}::bigint + line / ${eventsPerBatch} as at_ms
) t
cross join lateral (select lpad(to_hex(at_ms), 12, '0') as time) h
order by at_ms, lane, line`;

const batchesStatement = `
insert into usage_batches (project_id, id, last_id, lane, events, accepted_at, applied_at)
select project_id, (head || '0000')::uuid, (head || lpad(to_hex(count(*)), 4, '0'))::uuid, lane, count(*), at, at
from bench_past group by project_id, head, lane, at order by head`;

const eventId = "(head || lpad(to_hex(place_in_batch), 4, '0'))::uuid";

const eventsStatement = `
insert into usage_events (project_id, id, wallet_id, key, event, model, credits, own_price, rate_card_version,
  properties, api_key_id, request_id)
select project_id, ${eventId}, wallet_id, head || lpad(to_hex(place_in_batch), 4, '0'), 'chat.reply', 'small', ${costMicro},
  false, 1, '{"model": "small", "inputTokens": 1250, "outputTokens": 1100}'::jsonb, api_key_id, head || 'abcd'
from bench_past`;

const transfersStatement = `
insert into transfers (project_id, wallet_id, seq, amount, available_after, held_after, debt_after, created_at,
  cause_id, cause, kind, debit_account, credit_account, lot_no, leg, memo)
select project_id, wallet_id, seq + turn + 1, ${costMicro}, available - (turn + 1) * ${costMicro}, 0, 0, at,
  ${eventId}, 'usage', 'spend', 'available', 'revenue', 1, 0, 'chat.reply'
from bench_past`;

const balancesStatement = (eventsPerWallet: number) => `
with moved as (
  update wallets w set available = w.available - ${eventsPerWallet * costMicro}, seq = w.seq + ${eventsPerWallet} from bench_owners o where w.id = o.wallet_id
)
update lots l set remaining = l.remaining - ${eventsPerWallet * costMicro} from bench_owners o where l.wallet_id = o.wallet_id and l.lot_no = 1`;
