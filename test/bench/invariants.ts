import { invariants as every } from "../../src/app/invariants.js";
import {
  brokenOf,
  type CheckedInvariant,
  checkInvariants,
} from "../../src/ledger/check-invariants.js";
import { type ApplyStage, openApplyStage } from "./apply-stage.js";
import { type Benchmark, type Figure, figure } from "./figures.js";
import { growUsage } from "./grow-usage.js";
import { grownTransfers, rounds } from "./scale.js";
import { readOne } from "./usage-checks.js";

const customers = 10_000;
/** What happens between two looks at what changed: some 17 events per second for five minutes. */
const eventsBetween = 5_000;
/** A look at everything takes its time. */
const roundsMax = 3;

/** How long it takes to ask the books whether every invariant holds. */
export const invariants: Benchmark = {
  name: "invariants",
  about:
    "seconds of asking for whatever breaks an invariant, of 5 million transfers and of what changed",
  run: async (say) => {
    const stage = await openApplyStage(customers);
    try {
      return await measure(stage, say);
    } finally {
      await stage.rig.stop();
    }
  },
};

async function measure(stage: ApplyStage, say: (line: string) => void): Promise<readonly Figure[]> {
  const past = await growUsage(stage.rig, grownTransfers);
  say(`${past.events} events and transfers were made in ${past.seconds.toFixed(0)} s`);
  const seconds = { whole: [] as number[], recent: [] as number[] };
  const count = Math.min(rounds, roundsMax);
  for (let round = 1; round <= count; round++) {
    const { since } = await readOne<{ since: Date }>(
      stage.rig,
      "select clock_timestamp() as since",
    );
    await stage.round(eventsBetween);
    const recent = await ask(stage, since);
    const whole = await ask(stage);
    seconds.recent.push(recent.seconds);
    seconds.whole.push(whole.seconds);
    say(`round ${round}/${count}  all ${shown(whole)}`);
    say(`round ${round}/${count}  what ${eventsBetween} events changed ${shown(recent)}`);
  }
  return [
    figure("invariants.whole", "s", seconds.whole),
    figure("invariants.recent", "s", seconds.recent, seconds.whole),
  ];
}

interface Asked {
  readonly seconds: number;
  readonly checked: readonly CheckedInvariant[];
}

/** Throws when something is broken: then it is not the books that it was meant to read. */
async function ask({ rig: { ctx } }: ApplyStage, since?: Date): Promise<Asked> {
  const startedMs = performance.now();
  const checked = await checkInvariants(ctx.auditDb, { invariants: every, since });
  const seconds = (performance.now() - startedMs) / 1_000;
  const broken = brokenOf(checked).map(({ name }) => name);
  if (broken.length > 0) throw new Error(`the books are not in order: ${broken.join(", ")}`);
  return { checked, seconds };
}

function shown({ seconds, checked }: Asked): string {
  const slowest = checked.toSorted((a, b) => b.seconds - a.seconds).slice(0, 5);
  const parts = slowest.map((each) => `${each.name} ${each.seconds.toFixed(2)}`);
  return `${seconds.toFixed(2)} s (${parts.join(", ")})`;
}
