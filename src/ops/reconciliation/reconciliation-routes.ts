import express, { type Request, type Router } from "express";
import { z } from "zod";
import { publicId } from "../../kernel/ids.js";
import { inTransaction } from "../../platform/db/transaction.js";
import { parseText } from "../../platform/http/parse-input.js";
import { readBody } from "../../platform/http/read-body.js";
import { redirect, reply } from "../../platform/http/reply.js";
import {
  customerId,
  lineOfText,
  positiveCredits,
  publicIdOf,
} from "../../platform/http/schemas.js";
import { sendReply } from "../../platform/http/send-reply.js";
import { askForRun } from "../../reconciliation/ask-for-run.js";
import { assignCase, dismissCase, dismissForeign } from "../../reconciliation/close-case.js";
import { linkSettingOf } from "../../reconciliation/links.js";
import { readDiscrepancies } from "../../reconciliation/read-discrepancies.js";
import { readRun } from "../../reconciliation/read-runs.js";
import { renderDiscrepancy, renderRun } from "../../reconciliation/render.js";
import { rings } from "../../reconciliation/rules.js";
import { reasonLengthMax } from "../../wallets/rules.js";
import type { OpsContext } from "../context.js";
import { reconciliationPage } from "../pages/reconciliation-page.js";
import { readReconciliation } from "./read-reconciliation.js";

const formBytesMax = 8_192;
const differencesMax = 100;

const place = "/ops/reconciliation";
/** What is said after an act, by a word in the address, so that no address says anything else. */
const sayings: Readonly<Record<string, string>> = {
  asked: "A worker compares now. Read again in a moment.",
  unheard: "The queue did not take it. The schedule runs it when it is due.",
  assigned: "The payment's credits were given to the customer.",
  foreign:
    "The payments that name no purchase of the project are dismissed. New ones are reported.",
  dismissed: "The case is dismissed. It is not reported again while it says the same.",
};

const runForm = z.strictObject({ project: publicIdOf("project"), ring: z.enum(rings) });
const reason = lineOfText(reasonLengthMax);
const dismissForm = z.strictObject({ project: publicIdOf("project"), reason });
const assignForm = dismissForm.extend({ customerId, credits: positiveCredits });
const caseParams = z.object({ id: publicIdOf("discrepancy") });
const runParams = z.object({ id: publicIdOf("reconciliationRun") });
const pageQuery = z.object({
  cases: z.string().max(200).optional(),
  runs: z.string().max(200).optional(),
  said: z.string().max(20).optional(),
});

/** `/ops/reconciliation` and what its forms do. Mount it behind the login and the check of the origin. */
export function reconciliationRoutes(ctx: OpsContext): Router {
  const router = express.Router({ caseSensitive: true });
  const actor = `operator:${ctx.config.operator.user}`;
  router.get("/", async (request, response) => {
    const { cases, runs, said } = parsed(pageQuery, request.query);
    const view = await readReconciliation(ctx, { cases, runs, said: said && sayings[said] });
    sendReply(response, reconciliationPage(view));
  });
  router.get("/runs/:id", async (request, response) => {
    const { id } = parsed(runParams, request.params);
    const run = await readRun(ctx.db, id);
    const links = linkSettingOf(ctx);
    const found = await readDiscrepancies(ctx.db, { runId: id, size: differencesMax });
    const differences = {
      ...found,
      data: found.data.map((each) => renderDiscrepancy(each, links)),
    };
    sendReply(response, reply.ok({ ...renderRun(run), differences }));
  });
  router.post("/runs", async (request, response) => {
    const { project: projectId, ring } = await readForm(request, runForm);
    const isHeard = await askForRun(ctx, { projectId, ring });
    ctx.log.info({ project: publicId("project", projectId), ring }, "an operator asked for a run");
    sendReply(response, redirect(`${place}?said=${isHeard ? "asked" : "unheard"}`));
  });
  router.post("/cases/dismiss-foreign", async (request, response) => {
    const { project: projectId, ...form } = await readForm(request, dismissForm);
    await dismissForeign(ctx.db, { projectId, ...form }, actor);
    sendReply(response, redirect(`${place}?said=foreign`));
  });
  router.post("/cases/:id/dismiss", async (request, response) => {
    const { id } = parsed(caseParams, request.params);
    const { project: projectId, ...form } = await readForm(request, dismissForm);
    await inTransaction(ctx.db, (trx) => dismissCase(trx, { projectId, id, ...form }, actor));
    sendReply(response, redirect(`${place}?said=dismissed`));
  });
  router.post("/cases/:id/assign", async (request, response) => {
    const { id } = parsed(caseParams, request.params);
    const { project: projectId, ...form } = await readForm(request, assignForm);
    await inTransaction(ctx.db, (trx) => assignCase(trx, { projectId, id, ...form }, actor));
    sendReply(response, redirect(`${place}?said=assigned`));
  });
  return router;
}

async function readForm<Schema extends z.ZodType>(
  request: Request,
  schema: Schema,
): Promise<z.output<Schema>> {
  const body = await readBody(request, formBytesMax);
  return parsed(schema, Object.fromEntries(new URLSearchParams(body.toString("utf8"))));
}

function parsed<Schema extends z.ZodType>(
  schema: Schema,
  input: Readonly<Record<string, unknown>>,
): z.output<Schema> {
  parseText(schema, input); // refuses in our words
  return schema.parse(input);
}
