import { applyAgainstSpends } from "./apply-against-spends.js";
import { openApplyStage } from "./apply-stage.js";
import { type Benchmark, figure } from "./figures.js";
import { checkUsage } from "./usage-checks.js";

const connections = 32;

/** What the ledger does when everybody spends from one wallet. */
export const applyHot: Benchmark = {
  name: "apply.hot",
  about: "events applied per second to one wallet, against one transaction per event",
  run: async (say) => {
    const stage = await openApplyStage(1);
    try {
      const measured = await applyAgainstSpends(stage, { connections, say });
      await checkUsage(stage.rig, stage.accepted());
      return [
        figure(
          "apply.hot",
          "events/s",
          measured.map(({ applied }) => applied.perSecond),
          measured.map(({ spent }) => spent.perSecond),
        ),
      ];
    } finally {
      await stage.rig.stop();
    }
  },
};
