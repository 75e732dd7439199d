import { eventsPerRound } from "./apply-against-spends.js";
import { openApplyStage } from "./apply-stage.js";
import { type Benchmark, figure } from "./figures.js";
import type { InsertOrder, InsertPlan, InsertResult } from "./insert-thread.js";
import { rounds } from "./scale.js";
import { startThread } from "./threads.js";
import { checkUsage } from "./usage-checks.js";

const customers = 10_000;
const roundWithinMs = 120_000;

/** What is left of the speed at which Postgres takes rows when the rows are a ledger. */
export const applyInsert: Benchmark = {
  name: "apply.insert",
  about: "events applied per second, against plain multi-row inserts of as many rows",
  run: async (say) => {
    const stage = await openApplyStage(customers);
    const { rig } = stage;
    const plan: InsertPlan = { databaseUrl: rig.databaseUrl };
    const thread = startThread<InsertOrder, InsertResult>(
      rig.compiled("test/bench/insert-thread.js"),
      plan,
    );
    try {
      const applied: number[] = [];
      const inserted: number[] = [];
      for (let round = 0; round <= rounds; round++) {
        const { perSecond, rows } = await stage.round(eventsPerRound());
        const { elapsedMs } = await thread.ask({ rows }, roundWithinMs);
        const rowsPerSecond = rows / (elapsedMs / 1_000);
        const name = round === 0 ? "warm-up  " : `round ${round}/${rounds}`;
        say(
          `${name}  applied ${perSecond.toFixed(0)} events/s, ${rows} rows  inserted ${rowsPerSecond.toFixed(0)} rows/s`,
        );
        if (round === 0) continue;
        applied.push(perSecond);
        inserted.push(rowsPerSecond);
      }
      await checkUsage(rig, stage.accepted());
      return [figure("apply.insert", "events/s", applied, inserted)];
    } finally {
      await thread.stop();
      await rig.stop();
    }
  },
};
