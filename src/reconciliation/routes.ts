import { z } from "zod";
import type { Context } from "../platform/context.js";
import { reply } from "../platform/http/reply.js";
import { defineRoute } from "../platform/http/route.js";
import { pageOf, pageQuery, publicIdOf } from "../platform/http/schemas.js";
import type { ReconcileContext } from "./context.js";
import { exampleRunBegun } from "./examples.js";
import { type LinkContext, linkSettingOf } from "./links.js";
import { readCustomersOf, readDiscrepancies } from "./read-discrepancies.js";
import { readRun, readRuns } from "./read-runs.js";
import {
  discrepancyJson,
  renderOwnDiscrepancy,
  renderOwnRun,
  ringIn,
  runJson,
} from "./render-operations.js";
import { requestRun } from "./request-run.js";
import { discrepancyClasses, discrepancyStates } from "./rules.js";

type OperationsContext = ReconcileContext & LinkContext & Pick<Context, "ringer">;

const exampleRequested = { status: "begun", run: exampleRunBegun } as const;

const requestedJson = z
  .object({
    status: z.enum(["begun", "queued"]).meta({
      description:
        "`begun`: `run` answers the request. `queued`: another run of the same Stripe account or ledger is at work; one of this kind begins when it has ended. Look for it in the list of runs.",
    }),
    run: runJson.nullable().meta({
      description:
        "The run to look at until its state is no longer `running`, or the one in the way; null when that is not yours.",
    }),
  })
  .meta({ id: "RequestedRun", examples: [exampleRequested] });

const startRoute = defineRoute<OperationsContext>()({
  method: "post",
  path: "/v1/reconciliation/runs",
  operationId: "reconciliation.start",
  summary: "Compare now",
  description:
    "Has a worker compare the project with Stripe, or the books with their own rules, now instead of when it is due. What is certain heals by itself; everything else is a discrepancy. A run of the same kind that is at work already is answered. With `dryRun` nothing is healed or written down; `counts.found` of the run says how much differs, and `chargly reconcile --dry-run` what.",
  tags: ["Operations"],
  auth: { scopes: ["operations:write"] },
  tokens: { tools: ["run_reconciliation"] },
  body: z.object({ ring: ringIn, dryRun: z.boolean().default(false) }),
  response: { 202: requestedJson },
  refusals: ["stripe_not_connected", "unavailable"],
  example: { ring: "objects" },
  handle: async ({ ctx, body, principal: { projectId } }) => {
    const asked = await requestRun(ctx, { ...body, projectId });
    const run = asked.kind === "begun" ? asked.run : asked.inTheWay;
    return reply.accepted({ status: asked.kind, run: run && renderOwnRun(run) });
  },
});

const listRunsRoute = defineRoute<OperationsContext>()({
  method: "get",
  path: "/v1/reconciliation/runs",
  operationId: "reconciliation.listRuns",
  summary: "List reconciliation runs",
  description: "Those that were asked for and those by schedule, the newest first.",
  tags: ["Operations"],
  auth: { scopes: ["operations:read"] },
  tokens: { tools: ["run_reconciliation"] },
  query: z.object({ ...pageQuery, ring: ringIn.optional() }),
  response: { 200: pageOf(runJson) },
  handle: async ({ ctx, query: { limit: size, cursor, ring }, principal: { projectId } }) => {
    const page = await readRuns(ctx.db, { projectId, ring, size, cursor });
    return reply.ok({ ...page, data: page.data.map(renderOwnRun) });
  },
});

const getRunRoute = defineRoute<OperationsContext>()({
  method: "get",
  path: "/v1/reconciliation/runs/:id",
  operationId: "reconciliation.getRun",
  summary: "Read a reconciliation run",
  description: "How far it is, and what it found.",
  tags: ["Operations"],
  auth: { scopes: ["operations:read"] },
  tokens: { tools: ["run_reconciliation"] },
  params: z.object({ id: publicIdOf("reconciliationRun") }),
  response: { 200: runJson },
  refusals: ["not_found"],
  handle: async ({ ctx, params, principal: { projectId } }) =>
    reply.ok(renderOwnRun(await readRun(ctx.db, params.id, projectId))),
});

const listDiscrepanciesRoute = defineRoute<OperationsContext>()({
  method: "get",
  path: "/v1/reconciliation/discrepancies",
  operationId: "reconciliation.listDiscrepancies",
  summary: "List discrepancies",
  description:
    "What differed between Stripe, the purchases and the ledger, the newest first; each with what it means and what to do. Those that are `open` wait for a person or for the next run. Closing one is for people: the operators' page, or `chargly cases`.",
  tags: ["Operations"],
  auth: { scopes: ["operations:read"] },
  tokens: { tools: ["list_discrepancies"] },
  query: z.object({
    ...pageQuery,
    state: z.enum(discrepancyStates).optional().meta({ description: "All without it." }),
    class: z.enum(discrepancyClasses).optional().meta({ description: "All without it." }),
  }),
  response: { 200: pageOf(discrepancyJson) },
  handle: async ({ ctx, query, principal: { projectId } }) => {
    const { limit: size, cursor, state } = query;
    const states = state && [state];
    const of = { projectId, states, class: query.class, size, cursor };
    const page = await readDiscrepancies(ctx.db, of);
    const customers = await readCustomersOf(ctx.db, projectId, page.data);
    const setting = linkSettingOf(ctx);
    const data = page.data.map((found) => renderOwnDiscrepancy(found, { customers, setting }));
    return reply.ok({ ...page, data });
  },
});

export const reconciliationRoutes = [
  startRoute,
  listRunsRoute,
  getRunRoute,
  listDiscrepanciesRoute,
];
