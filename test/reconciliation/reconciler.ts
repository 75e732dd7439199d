/** A reconciler in a process of its own, to be killed: waits for its turn, runs one ring to its end, and says so. */
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { openCommandContext } from "../../src/app/commands/command-context.js";
import { parsePublicId } from "../../src/kernel/ids.js";
import { runReconciliation } from "../../src/reconciliation/run-reconciliation.js";

const settings = z
  .object({ project: z.string(), shiftMs: z.number(), leaseMs: z.number() })
  .parse(JSON.parse(process.argv[2] ?? "{}"));
const projectId = parsePublicId("project", settings.project);
if (projectId === undefined) throw new Error("the project is named by its public id");
const opened = openCommandContext(process.env);
const ctx = { ...opened, clock: { nowMs: () => Date.now() + settings.shiftMs } };

process.stdout.write(`${JSON.stringify({ msg: "ready" })}\n`);
for (;;) {
  const order = {
    projectId,
    ring: "full",
    leaseMs: settings.leaseMs,
    requestsPerSecond: 1_000,
  } as const;
  const { kind } = await runReconciliation(ctx, order);
  if (kind !== "busy") break;
  await sleep(20);
}
await opened.close();
