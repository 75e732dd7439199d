import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import type { Stage } from "./stage.js";

const answerSchema = z.object({
  runs: z.array(z.object({ counts: z.record(z.string(), z.number()) })),
  differences: z.array(z.object({ class: z.string(), subject: z.string(), detail: z.string() })),
  open: z.record(z.string(), z.number()),
});
const failureSchema = z.object({ error: z.object({ code: z.string(), detail: z.string() }) });

export interface Reconciled {
  /** Payments settled again, and events taken in that were never delivered. */
  readonly healed: number;
  /** Differences that it could not heal. */
  readonly open: number;
  /** Set when it did not end well, with what it said. */
  readonly problem: string | undefined;
}

/** One that a killed scheduler left is gone on with after half a minute. */
const triesMax = 60;
const busyMs = 3_000;

/** `chargly reconcile`, as an operator runs it. */
export async function reconcile(stage: Stage): Promise<Reconciled> {
  for (let tries = 1; ; tries++) {
    const { code, stdout, stderr } = await stage.chargly("reconcile", "--json");
    const failure = failureSchema.safeParse(lastJson(stderr)).data?.error;
    if (failure?.code === "busy" && tries < triesMax) {
      await pause(busyMs);
      continue;
    }
    const answer = answerSchema.safeParse(lastJson(stdout)).data;
    if (answer === undefined)
      return { healed: 0, open: 0, problem: `ended with ${code}: ${stderr}${stdout}` };
    const { runs, differences, open } = answer;
    return {
      healed: runs.reduce(
        (sum, { counts }) => sum + (counts["healed"] ?? 0) + (counts["ingested"] ?? 0),
        0,
      ),
      open: Object.values(open).reduce((sum, count) => sum + count, 0),
      problem:
        code === 0
          ? undefined
          : `${failure?.detail ?? `exit code ${code}`} ${JSON.stringify(differences.slice(0, 5))}`,
    };
  }
}

/** The whole text as JSON, or its last line: progress is told line by line. */
function lastJson(text: string): unknown {
  for (const part of [text, text.trim().split("\n").at(-1) ?? ""]) {
    try {
      return JSON.parse(part);
    } catch {
      // The other one, then.
    }
  }
  return undefined;
}
