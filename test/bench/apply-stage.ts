import { ringLanes } from "../../src/metering/jobs.js";
import { openBareLedger } from "./bare-ledger.js";
import { openRig, type Rig } from "./rig.js";
import { workerCount } from "./scale.js";
import { lanesOf, readOne, untilApplied } from "./usage-checks.js";
import { openUsageShop, type UsageShop } from "./usage-shop.js";

/** A rig with a shop and worker processes that wait to be rung for. No scheduler sweeps. */
export interface ApplyStage {
  readonly rig: Rig;
  readonly shop: UsageShop;
  /** Accepts so many events, then rings, and measures how they are applied. */
  readonly round: (events: number) => Promise<ApplyRound>;
  /** Events of all rounds so far. */
  readonly accepted: () => number;
}

/** One backlog and how fast it was applied. */
export interface ApplyRound {
  /** From the ring to the last `applied_at`, both by the database's clock. */
  readonly perSecond: number;
  /** Rows that were appended to `transfers`. */
  readonly rows: number;
  readonly walPerEvent: number;
  readonly diskPerEvent: number;
  readonly acceptWalPerEvent: number;
  readonly acceptDiskPerEvent: number;
}

/** How far the log is, and how large tables are. */
export interface Written {
  readonly walBytes: number;
  readonly diskBytes: number;
}

const appliedTables = ["wallets", "lots", "transfers", "usage_outcomes"];
const acceptedTables = ["usage_batches", "usage_events"];

export async function openApplyStage(customers: number): Promise<ApplyStage> {
  const rig = await openRig();
  try {
    const shop = await openUsageShop(rig, { customers });
    await openBareLedger(rig.ctx.db);
    for (let worker = 0; worker < workerCount; worker++) await rig.start("worker");
    return stageOf(rig, shop);
  } catch (error) {
    await rig.stop();
    throw error;
  }
}

function stageOf(rig: Rig, shop: UsageShop): ApplyStage {
  let accepted = 0;
  const round = async (events: number): Promise<ApplyRound> => {
    const before = await written(rig, acceptedTables);
    await shop.accept(events);
    accepted += events;
    const stored = await written(rig, acceptedTables);
    const lanes = await lanesOf(rig);
    const unapplied = await written(rig, appliedTables);
    const linesBefore = await readLines(rig);
    const { at } = await readOne<{ at: string }>(rig, "select clock_timestamp()::text as at");
    await ringLanes(rig.ctx.ringer, lanes);
    await untilApplied(rig);
    const { seconds } = await readOne<{ seconds: number }>(
      rig,
      `select extract(epoch from max(applied_at) - '${at}'::timestamptz)::float8 as seconds from usage_batches`,
    );
    const applied = await written(rig, appliedTables);
    const accepting = perEvent(before, stored, events);
    const applying = perEvent(unapplied, applied, events);
    return {
      perSecond: events / seconds,
      rows: (await readLines(rig)) - linesBefore,
      walPerEvent: applying.walBytes,
      diskPerEvent: applying.diskBytes,
      acceptWalPerEvent: accepting.walBytes,
      acceptDiskPerEvent: accepting.diskBytes,
    };
  };
  return { rig, shop, round, accepted: () => accepted };
}

/** Transfers so far: wallets number theirs without a gap. */
async function readLines(rig: Rig): Promise<number> {
  const sql = "select sum(seq)::float8 as lines from wallets";
  return (await readOne<{ lines: number }>(rig, sql)).lines;
}

export async function written(rig: Rig, tables: readonly string[]): Promise<Written> {
  const sizes = tables.map((table) => `pg_total_relation_size('${table}')`).join(" + ");
  return readOne<Written>(
    rig,
    `select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 as "walBytes", (${sizes})::float8 as "diskBytes"`,
  );
}

export function perEvent(from: Written, to: Written, events: number): Written {
  return {
    walBytes: (to.walBytes - from.walBytes) / events,
    diskBytes: (to.diskBytes - from.diskBytes) / events,
  };
}
