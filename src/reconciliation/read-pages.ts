import { present } from "../kernel/assert.js";
import { publicId } from "../kernel/ids.js";
import { readStripeAccess } from "../tenancy/read-stripe-access.js";
import type { ReconcileContext } from "./context.js";
import { addCounts, addSums } from "./decide-tally.js";
import type { HeldRun } from "./hold-run.js";
import { type Counts, type Difference, nextPhase, type Run } from "./rules.js";
import type { RunOrder, RunOutcome } from "./run-order.js";
import { type PageTools, runPage } from "./run-page.js";
import { countHeals } from "./store/discrepancies.js";
import { getRun, updateProgress } from "./store/runs.js";

/** Stripe's own traffic for the account comes first: it allows 25 requests a second in a sandbox. */
const requestsPerSecond = 10;
/** Of a dry run's differences, which are written nowhere. */
const differencesKept = 1_000;

/** Works through the pages of a run that this process holds; each is committed with the place to go on. */
export async function readPages(
  ctx: ReconcileContext,
  order: RunOrder,
  begun: Run,
  held: HeldRun,
): Promise<RunOutcome> {
  const asked = countRequests();
  const paced = pacedContext(ctx, order, held, asked.count);
  const access =
    begun.ring === "ledger" ? undefined : await readStripeAccess(paced, begun.projectId);
  const takeHeals = await countDownHeals(ctx, begun);
  const differences: Difference[] = [];
  let run = begun;
  while (run.phase !== null) {
    held.signal.throwIfAborted();
    const { signal, asHolder } = held;
    const page = await readPage(
      { ctx: paced, access, run, signal, asHolder, takeHeals },
      asked.taken,
    );
    const room = run.dryRun ? differencesKept - differences.length : 0;
    differences.push(...page.differences.slice(0, room));
    ({ run } = page);
    order.onProgress?.(run);
  }
  tell(ctx, run);
  return { kind: "finished", run: await getRun(ctx.db, run.id), differences };
}

/** What differs and did not heal needs a person; the same is told again by every run until somebody has decided. */
function tell({ log }: Pick<ReconcileContext, "log">, { id, projectId, ring, counts }: Run): void {
  const { payments = 0, found = 0, healed = 0, ingested = 0, heeded = 0 } = counts;
  const run = publicId("reconciliationRun", id);
  const fields = { run, project: publicId("project", projectId), ring, payments, found, healed };
  if (found > healed)
    log.error(
      { alert: "discrepancies_open", ...fields },
      "reconciliation found what needs a person",
    );
  else if (healed > 0 || ingested > 0 || heeded > 0)
    log.warn({ ...fields, ingested, heeded }, "reconciliation made up for what was not delivered");
}

async function readPage(tools: PageTools, takeRequests: () => Counts) {
  const { run } = tools;
  const phase = present(run.phase, "a run at work has a list to read");
  const page = await runPage(tools, phase, run.cursor);
  const place =
    page.next === null
      ? { phase: nextPhase(run, phase), cursor: null }
      : { phase, cursor: page.next };
  const sums = addSums(run.sums, page.sums);
  const seen = [page.counts, takeRequests()].reduce(addCounts, run.counts);
  const counts = await tools.asHolder(async (trx): Promise<Counts> => {
    const all = addCounts(seen, await page.write(trx));
    await updateProgress(trx, run.id, { ...place, counts: all, sums });
    return all;
  });
  await page.afterwards?.();
  return { run: { ...run, ...place, counts, sums }, differences: page.differences };
}

/** Takes heals off what the run may still do; those before a restart count. */
async function countDownHeals(
  { db, reconciling }: ReconcileContext,
  { id }: Run,
): Promise<PageTools["takeHeals"]> {
  let left = reconciling.healsMax - (await countHeals(db, id));
  return (wanted) => {
    const taken = Math.max(0, Math.min(wanted, left));
    left -= taken;
    return taken;
  };
}

function countRequests() {
  let requests = 0;
  return {
    count: () => {
      requests += 1;
    },
    /** Those since the last question. */
    taken: (): Counts => {
      const counts = { requests };
      requests = 0;
      return counts;
    },
  };
}

/** The same context, but all of its questions to Stripe, those of settling included, wait for their turn. */
function pacedContext(
  ctx: ReconcileContext,
  order: RunOrder,
  { signal }: HeldRun,
  count: () => void,
): ReconcileContext {
  const stripeClients = ctx.reconciling.pacedStripeClients({
    requestsPerSecond: order.requestsPerSecond ?? requestsPerSecond,
    onRequest: () => {
      signal.throwIfAborted();
      count();
    },
    onLimited: (wait) => ctx.log.warn(wait, "Stripe asks reconciliation to slow down"),
  });
  return { ...ctx, stripeClients };
}
