import { z } from "zod";

const reportSchema = z.strictObject({
  status: z.enum(["ok", "degraded", "failing"]),
  checks: z.array(z.strictObject({ name: z.string(), ok: z.boolean(), detail: z.string() })),
});

export interface AnsweredReport {
  readonly status: number;
  readonly report: z.output<typeof reportSchema>;
}

/** What a probe answers, over HTTP, with every field accounted for. */
export async function readReport(url: string, path: string): Promise<AnsweredReport> {
  const answer = await fetch(url + path);
  return { status: answer.status, report: reportSchema.parse(await answer.json()) };
}
