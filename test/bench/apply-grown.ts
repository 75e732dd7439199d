import { eventsPerRound } from "./apply-against-spends.js";
import { type ApplyStage, openApplyStage } from "./apply-stage.js";
import { type Benchmark, type Figure, figure } from "./figures.js";
import { growUsage } from "./grow-usage.js";
import { grownTransfers, rounds } from "./scale.js";
import { checkUsage } from "./usage-checks.js";

const customers = 10_000;

/** Whether a ledger that has been used for long is slower than one that was just installed. */
export const applyGrown: Benchmark = {
  name: "apply.grown",
  about: "events applied per second with 5 million transfers in the ledger, against none",
  run: async (say) => {
    const empty = await openApplyStage(customers);
    try {
      const grown = await openApplyStage(customers);
      try {
        return await measure(empty, grown, say);
      } finally {
        await grown.rig.stop();
      }
    } finally {
      await empty.rig.stop();
    }
  },
};

/** Each ledger has a server of its own, and workers that have nothing to do while the other one is measured. */
async function measure(
  empty: ApplyStage,
  grown: ApplyStage,
  say: (line: string) => void,
): Promise<readonly Figure[]> {
  const past = await growUsage(grown.rig, grownTransfers);
  say(`${past.events} events and transfers were made in ${past.seconds.toFixed(0)} s`);
  const measured = { empty: [] as number[], grown: [] as number[] };
  for (let round = 0; round <= rounds; round++) {
    const rates = {
      empty: (await empty.round(eventsPerRound())).perSecond,
      grown: (await grown.round(eventsPerRound())).perSecond,
    };
    const name = round === 0 ? "warm-up  " : `round ${round}/${rounds}`;
    say(`${name}  empty ${rates.empty.toFixed(0)}/s  grown ${rates.grown.toFixed(0)}/s`);
    if (round === 0) continue;
    measured.empty.push(rates.empty);
    measured.grown.push(rates.grown);
  }
  await checkUsage(empty.rig, empty.accepted());
  await checkUsage(grown.rig, past.events + grown.accepted());
  return [figure("apply.grown", "events/s", measured.grown, measured.empty)];
}
