import { z } from "zod";
import { publicId } from "../kernel/ids.js";
import type { Context } from "../platform/context.js";
import { reply } from "../platform/http/reply.js";
import { defineRoute } from "../platform/http/route.js";
import { pageOf, pageQuery } from "../platform/http/schemas.js";
import { listFailedJobs } from "./list-failed-jobs.js";
import { failedJobJson, failedJobKindIn, renderFailedJob } from "./render.js";
import { retryFailedJob } from "./retry-failed-job.js";
import { parseFailedJob } from "./rules.js";

type FailedJobsContext = Pick<Context, "db">;

const listRoute = defineRoute<FailedJobsContext>()({
  method: "get",
  path: "/v1/failed-jobs",
  operationId: "failedJobs.list",
  summary: "List failed jobs",
  description:
    "Work that was given up or got stuck and waits for somebody, the newest first; each with the reason and with what trying again does. What is done meanwhile is no longer listed.",
  tags: ["Operations"],
  auth: { scopes: ["operations:read"] },
  tokens: { tools: ["list_failed_jobs"] },
  query: z.object({ ...pageQuery, kind: failedJobKindIn.optional() }),
  response: { 200: pageOf(failedJobJson) },
  handle: async ({ ctx, query: { limit: size, cursor, kind }, principal: { projectId } }) => {
    const page = await listFailedJobs(ctx, { projectId, kind, size, cursor });
    return reply.ok({ ...page, data: page.data.map(renderFailedJob) });
  },
});

const jobId = z
  .string()
  .transform((text, context) => {
    const job = parseFailedJob(text);
    if (job !== undefined) return { job, text };
    const message = "Send the id of a failed job, as the list of failed jobs has it.";
    context.addIssue({ code: "custom", message, input: text });
    return z.NEVER;
  })
  .meta({
    description: "sev_…, ubat_…, ref_… or pur_…, as the list has it.",
    examples: ["sev_01k2x3v9g7f6q8r5s4t3w2y1z0"],
  });

const exampleRetried = { id: "sev_01k2x3v9g7f6q8r5s4t3w2y1z0", status: "waiting" } as const;

const retryRoute = defineRoute<FailedJobsContext>()({
  method: "post",
  path: "/v1/failed-jobs/:id/retry",
  operationId: "failedJobs.retry",
  summary: "Retry a failed job",
  description:
    "Has the work done again; a worker begins within seconds. Doing it again never moves credits or money twice. What fails again is listed again. A purchase that was paid otherwise than agreed is refused with `conflict`: that a person decides.",
  tags: ["Operations"],
  auth: { scopes: ["operations:write"] },
  tokens: { tools: ["retry_job"] },
  params: z.object({ id: jobId }),
  response: {
    202: z
      .object({
        id: z.string(),
        status: z.literal("waiting").meta({ description: "It waits for a worker." }),
      })
      .meta({ id: "RetriedJob", examples: [exampleRetried] }),
  },
  refusals: ["not_found", "conflict"],
  handle: async ({ ctx, params: { id }, principal }) => {
    const actor = publicId("apiKey", principal.keyId);
    await retryFailedJob(ctx, { projectId: principal.projectId, job: id.job, actor });
    return reply.accepted({ id: id.text, status: "waiting" });
  },
});

export const failedJobRoutes = [listRoute, retryRoute];
