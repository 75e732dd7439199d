import { applyAgainstSpends } from "./apply-against-spends.js";
import { openApplyStage } from "./apply-stage.js";
import { type Benchmark, figure } from "./figures.js";
import { checkUsage } from "./usage-checks.js";

const customers = 10_000;
const connections = 8;

/** What the ledger does with events of many customers, and what it writes for each. */
export const applyUniform: Benchmark = {
  name: "apply.uniform",
  about: "events applied per second, 10,000 wallets, against one transaction per event",
  run: async (say) => {
    const stage = await openApplyStage(customers);
    try {
      const measured = await applyAgainstSpends(stage, { connections, say });
      await checkUsage(stage.rig, stage.accepted());
      const applied = measured.map((round) => round.applied);
      const spent = measured.map((round) => round.spent);
      const of = <Round>(rows: readonly Round[], pick: (round: Round) => number) => rows.map(pick);
      return [
        figure(
          "apply.uniform",
          "events/s",
          of(applied, ({ perSecond }) => perSecond),
          of(spent, ({ perSecond }) => perSecond),
        ),
        figure(
          "apply.wal",
          "bytes/event",
          of(applied, ({ walPerEvent }) => walPerEvent),
          of(spent, ({ walBytes }) => walBytes),
        ),
        figure(
          "apply.disk",
          "bytes/event",
          of(applied, ({ diskPerEvent }) => diskPerEvent),
          of(spent, ({ diskBytes }) => diskBytes),
        ),
        figure(
          "accept.wal",
          "bytes/event",
          of(applied, ({ acceptWalPerEvent }) => acceptWalPerEvent),
        ),
        figure(
          "accept.disk",
          "bytes/event",
          of(applied, ({ acceptDiskPerEvent }) => acceptDiskPerEvent),
        ),
      ];
    } finally {
      await stage.rig.stop();
    }
  },
};
