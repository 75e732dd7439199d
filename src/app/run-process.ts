import closeWithGrace from "close-with-grace";
import { readConfig } from "../platform/config/read-config.js";
import { failureOf } from "./commands/failure.js";
import { type Role, type RunningProcess, startProcess } from "./start-process.js";

/** Longer than the parts may take to finish, and then the process ends whatever hangs. */
const graceMs = 5_000;

/** Runs one line of the Procfile until it is told to stop. What keeps it from starting is printed, with the way out. */
export async function runProcess(role: Role): Promise<void> {
  try {
    const required = role === "web" ? (["OPERATOR_PASSWORD"] as const) : [];
    const config = readConfig(process.env, { required: ["DATABASE_URL", ...required] });
    const databaseUrl = config.databaseUrl?.reveal() ?? "";
    let running: RunningProcess | undefined;
    // Before anything is accepted, so that no moment is left in which a signal would end it unfinished.
    closeWithGrace(
      { delay: config.shutdownTimeoutMs + graceMs, logger: false },
      async ({ err }) => {
        if (err !== undefined) {
          if (running === undefined) process.stderr.write(`${startProblem(err)}\n`);
          running?.ctx.log.fatal({ err }, "an error that nobody caught ends this process");
          process.exitCode = 1;
        }
        await running?.stop();
      },
    );
    running = await startProcess({ config, databaseUrl, name: role, roles: [role] });
  } catch (error) {
    process.stderr.write(`${startProblem(error)}\n`);
    process.exit(1);
  }
}

/** For people at a terminal: the whole reason, and no stack for what is theirs to fix. */
export function startProblem(error: unknown): string {
  return listenProblem(error) ?? failureOf(error).detail;
}

/** Only web listens on an address that an operator chose, so the variables are the ones to look at. */
function listenProblem(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("syscall" in error) || error.syscall !== "listen")
    return undefined;
  return `The address cannot be taken: ${error.message}. Set HOST and PORT (or HEALTH_PORT) to a free one.`;
}
