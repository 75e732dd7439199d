import { invariants as every } from "../../src/app/invariants.js";
import {
  brokenOf,
  type CheckedInvariant,
  checkInvariants,
} from "../../src/ledger/check-invariants.js";
import { type ApplyStage, openApplyStage } from "./apply-stage.js";
import { type Benchmark, type Figure, figure } from "./figures.js";
import { growUsage, past } from "./grow-usage.js";
import { approvedOrThrow } from "../../src/kernel/verdict.js";
import { readFlows } from "../../src/ledger/read-flows.js";
import { type Month, monthOf } from "../../src/reports/month.js";
import { readMonth } from "../../src/reports/read-month.js";
import { grownTransfers, rounds } from "./scale.js";
import { readOne } from "./usage-checks.js";

const customers = 10_000;
/** What happens between two looks at what changed: some 17 events per second for five minutes. */
const eventsBetween = 5_000;
/** A look at everything takes its time. */
const roundsMax = 3;
const reckonMsMax = 600_000;

/** How long it takes to ask the books whether every invariant holds. */
export const invariants: Benchmark = {
  name: "invariants",
  about:
    "seconds of asking for whatever breaks an invariant, of 5 million transfers and of what changed; and of a month's report of them",
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
  const grown = await growUsage(stage.rig, grownTransfers);
  say(`${grown.events} events and transfers were made in ${grown.seconds.toFixed(0)} s`);
  const seconds = { whole: [] as number[], recent: [] as number[] };
  const reports = { reckoned: [] as number[], kept: [] as number[] };
  const count = Math.min(rounds, roundsMax);
  await report(stage);
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
    reports.reckoned.push(await secondsOf(() => reckon(stage)));
    reports.kept.push(await secondsOf(() => report(stage)));
    say(
      `round ${round}/${count}  the month's report ${reports.reckoned.at(-1)?.toFixed(2)} s, kept ${reports.kept.at(-1)?.toFixed(3)} s`,
    );
    say(`round ${round}/${count}  all ${shown(whole)}`);
    say(`round ${round}/${count}  what ${eventsBetween} events changed ${shown(recent)}`);
  }
  return [
    figure("invariants.whole", "s", seconds.whole),
    figure("invariants.recent", "s", seconds.recent, seconds.whole),
    figure("reports.month", "s", reports.reckoned),
    figure("reports.month.kept", "s", reports.kept, reports.reckoned),
  ];
}

/** The month that the past was put in. */
function monthOfThePast(): Month {
  return approvedOrThrow(monthOf(past().toISOString().slice(0, 7), Date.now()));
}

async function reckon({ rig }: ApplyStage): Promise<void> {
  const bounds = { ...monthOfThePast(), timeoutMs: reckonMsMax };
  await readFlows(rig.ctx.auditDb, rig.projectId, bounds);
}

/** As HTTP asks for it; the first call keeps the month if it is over. */
async function report({ rig }: ApplyStage): Promise<void> {
  await readMonth(rig.ctx, rig.projectId, monthOfThePast().name, { timeoutMs: reckonMsMax });
}

async function secondsOf(work: () => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await work();
  return (performance.now() - startMs) / 1_000;
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
