/**
 * A reconciler in a process of its own, to be killed: runs one ring to its end, or kills itself at the point that it was
 * told. Loaded ahead, it waits for the line that says `go`.
 */
import { createInterface } from "node:readline";
import { z } from "zod";
import { openCommandContext } from "../../src/app/commands/command-context.js";
import { parsePublicId } from "../../src/kernel/ids.js";
import type { ReconcileContext } from "../../src/reconciliation/context.js";
import type { Run } from "../../src/reconciliation/rules.js";
import type { RunOutcome } from "../../src/reconciliation/run-order.js";
import { runReconciliation } from "../../src/reconciliation/run-reconciliation.js";
import { until } from "../support/until.js";

const settings = z
  .object({
    project: z.string(),
    shiftMs: z.number(),
    leaseMs: z.number(),
    /** When so many pages were committed and the next list was asked for: after so many more statements, and before it commits. */
    die: z.object({ pages: z.number(), statements: z.number() }).optional(),
  })
  .parse(JSON.parse(process.argv[2] ?? "{}"));

function dyingContext(ctx: ReconcileContext) {
  const { die } = settings;
  if (die === undefined) return { ctx, onProgress: () => undefined };
  let pages = 0;
  let statements = 0;
  let isListing = false;
  ctx.db.on("query", ({ sql }: { readonly sql: string }) => {
    if (!isListing || pages < die.pages) return;
    statements += 1;
    const commits = sql.includes("set phase = ");
    if (statements > die.statements || commits) process.kill(process.pid, "SIGKILL");
  });
  const { pacedStripeClients } = ctx.reconciling;
  const reconciling = {
    ...ctx.reconciling,
    pacedStripeClients: (pace: Parameters<typeof pacedStripeClients>[0]) =>
      pacedStripeClients({
        ...pace,
        onRequest: () => {
          isListing = true;
          pace.onRequest?.();
        },
      }),
  };
  const onProgress = (_run: Run): void => {
    pages += 1;
    isListing = false;
  };
  return { ctx: { ...ctx, reconciling }, onProgress };
}

async function main(): Promise<void> {
  const projectId = parsePublicId("project", settings.project);
  if (projectId === undefined) throw new Error("the project is named by its public id");
  const opened = openCommandContext(process.env);
  const clock = { nowMs: () => Date.now() + settings.shiftMs };
  const { ctx, onProgress } = dyingContext({ ...opened, clock });
  process.stdout.write(`${JSON.stringify({ msg: "ready" })}\n`);
  process.stdin.ref();
  await new Promise((go) => createInterface(process.stdin).once("line", go));
  process.stdin.unref();
  const { leaseMs } = settings;
  const order = { projectId, ring: "full", leaseMs, onProgress, requestsPerSecond: 1_000 } as const;
  const run = (): Promise<RunOutcome | Error> =>
    runReconciliation(ctx, order).catch((error: Error) => error);
  const outcome = await until(
    async () => {
      const ended = await run();
      return ended instanceof Error || ended.kind !== "busy" ? ended : undefined;
    },
    { because: "its turn", timeoutMs: 120_000 },
  );
  await opened.close();
  if (outcome instanceof Error) throw outcome;
}

void main();
