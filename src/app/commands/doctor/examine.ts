import type { Environment } from "../../../platform/config/secret-files.js";
import { listProjects } from "../../../tenancy/read-project.js";
import { type CommandContext, openCommandContext } from "../command-context.js";
import { failureOf } from "../failure.js";
import { type Check, fail, ok, warn } from "./check.js";
import {
  checkDatabase,
  checkQueue,
  checkScheduler,
  checkSettings,
  skippedFor,
} from "./check-machine.js";
import { checkMoney } from "./check-money.js";
import { checkStripe } from "./check-stripe.js";

export interface ExamineOptions {
  /** Whether to read the whole ledger. */
  readonly withBooks: boolean;
}

const projectsMax = 20;
const onTables = [
  "queue",
  "scheduler",
  "stripe",
  "webhook",
  "inbox",
  "quarantine",
  "usage",
  "pause",
  "books",
];
const onDatabase = ["durability", "migrations", "clock", ...onTables];

/** Looks at everything that Chargly needs, in order; what cannot be looked at is skipped. Changes nothing. */
export async function examine(
  env: Environment,
  options: ExamineOptions,
): Promise<readonly Check[]> {
  const name = "configuration";
  let ctx: CommandContext;
  try {
    ctx = openCommandContext(env);
  } catch (error) {
    const finding = fail(failureOf(error).detail, "Set the variables; .env.example tells of each.");
    const others = skippedFor("the configuration is not valid", ["database", ...onDatabase]);
    return [{ name, ...finding }, ...others];
  }
  try {
    return [{ name, ...ok("valid") }, ...(await examineWith(ctx, options))];
  } finally {
    await ctx.close();
  }
}

async function examineWith(
  ctx: CommandContext,
  options: ExamineOptions,
): Promise<readonly Check[]> {
  const database = await checkDatabase(ctx);
  if (database.status === "fail")
    return [database, ...skippedFor("the database does not answer", onDatabase)];
  const settings = await checkSettings(ctx);
  const isMigrated = settings.every((each) => each.name !== "migrations" || each.status !== "fail");
  const before = [database, ...settings];
  if (!isMigrated) return [...before, ...skippedFor("migrations come first", onTables)];
  return [
    ...before,
    await checkQueue(ctx),
    await checkScheduler(ctx),
    ...(await checkProjects(ctx)),
    ...(await checkMoney(ctx, options)),
  ];
}

async function checkProjects(ctx: CommandContext): Promise<readonly Check[]> {
  const projects = await listProjects(ctx);
  if (projects.length === 0) {
    const fix = "Make one: chargly projects create --name my-product --mode test";
    return [{ name: "projects", ...warn("there is none yet", fix) }];
  }
  const checks: Check[] = [];
  for (const project of projects.slice(0, projectsMax)) {
    const name = (what: string) => (projects.length === 1 ? what : `${what} (${project.name})`);
    checks.push(...(await checkStripe(ctx, project, name)));
  }
  const left = projects.length - projectsMax;
  return left <= 0 ? checks : [...checks, ...skippedFor("only 20 are looked at", [`${left} more`])];
}
