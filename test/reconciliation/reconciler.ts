/** A reconciler in a process of its own, to be killed: waits for its turn, runs one ring to its end, and says so. */
import { z } from "zod";
import { openCommandContext } from "../../src/app/commands/command-context.js";
import { parsePublicId } from "../../src/kernel/ids.js";
import type { RunOutcome } from "../../src/reconciliation/run-order.js";
import { runReconciliation } from "../../src/reconciliation/run-reconciliation.js";
import { until } from "../support/until.js";

const settings = z
  .object({ project: z.string(), shiftMs: z.number(), leaseMs: z.number() })
  .parse(JSON.parse(process.argv[2] ?? "{}"));
const projectId = parsePublicId("project", settings.project);
if (projectId === undefined) throw new Error("the project is named by its public id");
const opened = openCommandContext(process.env);
const ctx = { ...opened, clock: { nowMs: () => Date.now() + settings.shiftMs } };

process.stdout.write(`${JSON.stringify({ msg: "ready" })}\n`);
const order = { projectId, ring: "full", leaseMs: settings.leaseMs } as const;
const run = (): Promise<RunOutcome | Error> =>
  runReconciliation(ctx, { ...order, requestsPerSecond: 1_000 }).catch((error: Error) => error);
const outcome = await until(
  async () => {
    const ended = await run();
    return ended instanceof Error || ended.kind !== "busy" ? ended : undefined;
  },
  { because: "its turn", timeoutMs: 120_000 },
);
await opened.close();
if (outcome instanceof Error) throw outcome;
