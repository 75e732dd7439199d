import { setTimeout as sleep } from "node:timers/promises";
import type { Chargly, ReconciliationRun } from "@chargly/sdk";
import { z } from "zod";
import { boundedOrNull, quoted } from "../tools/bounded-text.js";
import { ToolFailure } from "../tools/tool-error.js";
import { defineOperatorTool, textCharsMax } from "./shapes.js";

const run = z.object({
  id: z.string(),
  ring: z.string(),
  state: z.enum(["running", "finished", "failed"]),
  dryRun: z.boolean(),
  phase: z.string().nullable().meta({ description: "The list that is read now." }),
  counts: z.record(z.string(), z.number()).meta({
    description: "How much was looked at so far, found to differ, healed and resolved.",
  }),
  problem: z.string().nullable(),
  startedAt: z.string(),
  finishedAt: z.string().nullable(),
});

const waitSecondsMax = 20;
const lookEveryMs = 500;

/** Has a project compared with Stripe and with its own rules. */
export const runReconciliation = defineOperatorTool({
  name: "run_reconciliation",
  title: "Compare with Stripe",
  description:
    "Has a worker compare the project with Stripe, or the books with their own rules, and waits a little for it. Send ring (events: what Stripe sent and never arrived; objects: payments since the last run; full: all payments of the window; ledger: the rules of the books). What is certain heals by itself; list_discrepancies has the rest. With dryRun nothing is healed or written down, and counts.found says how much differs. While the state is running, call again with runId alone.",
  effects: {
    readOnlyHint: false,
    destructiveHint: false,
    idempotentHint: true,
    openWorldHint: true,
  },
  input: z.object({
    runId: z
      .string()
      .regex(/^recon_[0-9a-z]{26}$/, { error: "The id of a run begins with recon_." })
      .optional()
      .meta({ description: "Looks at a run, and begins none: alone, but for waitSeconds." }),
    ring: z.enum(["events", "objects", "full", "ledger"]).optional(),
    dryRun: z.boolean().optional(),
    waitSeconds: z.int().min(0).max(waitSecondsMax).default(10),
  }),
  output: z.object({
    status: z.enum(["begun", "queued"]).meta({
      description: "`queued`: another run is at work; this one begins when it has ended.",
    }),
    run: run.nullable().meta({ description: "The run, or the one in the way if it is yours." }),
  }),
  run: async ({ chargly, input, signal }) => {
    const { runId, ring, dryRun, waitSeconds } = input;
    if ((runId === undefined) === (ring === undefined) || (runId !== undefined && dryRun === true))
      throw new ToolFailure({
        code: "invalid_request",
        detail: "Send ring to begin a run, or runId alone to look at one.",
        outcome: "refused",
      });
    const asked =
      ring === undefined
        ? undefined
        : await chargly.reconciliation.start({ ring, dryRun }, { signal });
    if (asked?.status === "queued") return queued(asked.run);
    const id = runId ?? asked?.run?.id ?? "";
    const seen = runOf(await watch(chargly, id, { seconds: waitSeconds, signal }));
    return { data: { status: "begun" as const, run: seen }, text: textOf(seen) };
  },
});

function queued(inTheWay: ReconciliationRun | null) {
  const seen = inTheWay && runOf(inTheWay);
  return {
    data: { status: "queued" as const, run: seen },
    text: "Another run is at work; this one begins when it has ended. Ask again in a minute.",
  };
}

/** Looks until the run is over, or the time is. */
async function watch(
  { reconciliation }: Pick<Chargly, "reconciliation">,
  id: string,
  { seconds, signal }: { readonly seconds: number; readonly signal: AbortSignal },
): Promise<ReconciliationRun> {
  const endMs = performance.now() + seconds * 1_000;
  for (;;) {
    const seen = await reconciliation.get(id, { signal });
    if (seen.state !== "running" || performance.now() + lookEveryMs > endMs) return seen;
    await sleep(lookEveryMs, undefined, { signal });
  }
}

function runOf(seen: ReconciliationRun): z.input<typeof run> {
  const { id, ring, state, dryRun, phase, counts, problem, startedAt, finishedAt } = seen;
  return {
    id,
    ring,
    state,
    dryRun,
    phase,
    counts: { ...counts },
    problem: boundedOrNull(problem, textCharsMax),
    startedAt,
    finishedAt,
  };
}

function textOf({ id, ring, state, counts, problem }: z.input<typeof run>): string {
  const { found = 0, healed = 0, resolved = 0 } = counts;
  const sums = `${found} differ, ${healed} healed, ${resolved} resolved`;
  if (state === "running")
    return `The run ${id} of ${ring} is at work: ${sums} so far. Call run_reconciliation with runId ${id}.`;
  const why = problem === null ? "" : ` ${quoted(problem, 300)}`;
  return `The run ${id} of ${ring} ${state}: ${sums}.${why}`;
}
