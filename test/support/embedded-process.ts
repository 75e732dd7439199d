import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { EmbeddedPostgresOptions } from "../../src/dev/embedded-postgres/start-embedded-postgres.js";
import { bundled } from "./programs.js";

const answerSchema = z.object({
  url: z.string().optional(),
  pid: z.number().optional(),
  dataDir: z.string().optional(),
  refused: z.string().optional(),
});

export type LaunchAnswer = z.infer<typeof answerSchema>;

export interface Launch {
  readonly child: ChildProcess;
  readonly answer: LaunchAnswer;
  /** Sends the signal and waits until the process has ended. */
  end(signal: NodeJS.Signals): Promise<void>;
}

/** Starts an embedded server in another process, as another account when `as` says so. */
export async function launchEmbedded(
  options: EmbeddedPostgresOptions,
  as: { readonly uid?: number; readonly gid?: number } = {},
): Promise<Launch> {
  const program = await bundled(fileURLToPath(new URL("embedded-launch.ts", import.meta.url)));
  const child = spawn(process.execPath, [program, JSON.stringify(options)], {
    stdio: ["ignore", "pipe", "inherit"],
    ...as,
  });
  const ended = once(child, "exit");
  const lines = createInterface({ input: child.stdout });
  const line = await Promise.race([once(lines, "line"), ended.then(() => ["{}"])]);
  return {
    child,
    answer: answerSchema.parse(JSON.parse(String(line[0]))),
    end: async (signal) => {
      child.kill(signal);
      await ended;
    },
  };
}
