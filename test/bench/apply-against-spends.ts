import {
  type ApplyRound,
  type ApplyStage,
  perEvent,
  written,
  type Written,
} from "./apply-stage.js";
import type { SpendOrder, SpendPlan, SpendResult } from "./spend-thread.js";
import { rounds, roundSeconds } from "./scale.js";
import { type BenchThread, startThread } from "./threads.js";

/** The same round on both sides. */
export interface AgainstSpends {
  readonly applied: ApplyRound;
  readonly spent: SpendRound;
}

interface SpendRound extends Written {
  readonly perSecond: number;
}

/** Events in a backlog, for each second that a round lasts: about what two cores apply. */
export const eventsPerRoundSecond = 20_000;
const secondsUsual = 5;
const bareTables = ["bench_wallets", "bench_entries"];
const roundWithinMs = 120_000;

/** Events of one round of the product. */
export function eventsPerRound(): number {
  return eventsPerRoundSecond * roundSeconds(secondsUsual);
}

/** Applies a backlog and spends one by one, in turn, after a round of each that does not count. */
export async function applyAgainstSpends(
  stage: ApplyStage,
  { connections, say }: { readonly connections: number; readonly say: (line: string) => void },
): Promise<readonly AgainstSpends[]> {
  const { rig } = stage;
  const plan: SpendPlan = { databaseUrl: rig.databaseUrl, connections };
  const thread = startThread<SpendOrder, SpendResult>(
    rig.compiled("test/bench/spend-thread.js"),
    plan,
  );
  try {
    const measured: AgainstSpends[] = [];
    for (let round = 0; round <= rounds; round++) {
      const spent = await spendRound(stage, thread);
      const applied = await stage.round(eventsPerRound());
      const name = round === 0 ? "warm-up  " : `round ${round}/${rounds}`;
      say(
        `${name}  one by one ${spent.perSecond.toFixed(0)}/s  applied ${applied.perSecond.toFixed(0)}/s  WAL ${applied.walPerEvent.toFixed(0)} bytes an event`,
      );
      if (round > 0) measured.push({ applied, spent });
    }
    return measured;
  } finally {
    await thread.stop();
  }
}

async function spendRound(
  { rig }: ApplyStage,
  thread: BenchThread<SpendOrder, SpendResult>,
): Promise<SpendRound> {
  const before = await written(rig, bareTables);
  const seconds = roundSeconds(secondsUsual);
  const { spends, elapsedMs } = await thread.ask({ seconds }, roundWithinMs);
  const after = await written(rig, bareTables);
  return { perSecond: spends / (elapsedMs / 1_000), ...perEvent(before, after, spends) };
}
