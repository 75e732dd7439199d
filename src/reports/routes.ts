import { z } from "zod";
import type { Context } from "../platform/context.js";
import { csvContentType } from "../platform/csv/write-csv.js";
import { download, reply } from "../platform/http/reply.js";
import { defineRoute } from "../platform/http/route.js";
import { readMonth } from "./read-month.js";
import { monthReportJson, renderReport } from "./render-report.js";
import { writeReport } from "./write-report.js";

const monthRoute = defineRoute<Pick<Context, "db" | "clock">>()({
  method: "get",
  path: "/v1/reports/month",
  operationId: "reports.getMonth",
  summary: "Report a month",
  description:
    "What was sold, granted, used, expired and reversed in a calendar month (UTC), what customers had before and after it, and the revenue of it by currency, from what the credits cost. Every account adds up, and a month begins as the one before ended.",
  tags: ["Reports"],
  auth: { scopes: ["reports:read"] },
  query: z.object({
    month: z.string().meta({ description: "A month in UTC.", examples: ["2026-11"] }),
    format: z.enum(["json", "csv"]).default("json").meta({ description: "What the file is." }),
  }),
  response: { 200: monthReportJson },
  downloads: true,
  handle: async ({ ctx, query: { month, format }, principal }) => {
    const report = await readMonth(ctx, principal.projectId, month);
    if (format === "json") return reply.ok(renderReport(report));
    const file = { name: `month-${month}.csv`, contentType: csvContentType };
    return download([writeReport(report)], file);
  },
});

export const reportRoutes = [monthRoute];
