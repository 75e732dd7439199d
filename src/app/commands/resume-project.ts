import type { Command } from "commander";
import { type Resumed, resumeWhenSound } from "../../integrity/resume-when-sound.js";
import { Refusal } from "../../kernel/refusals.js";
import type { CheckedInvariant } from "../../ledger/check-invariants.js";
import { closeDatabase } from "../../platform/db/connect.js";
import { connectForAudit } from "../../platform/db/connect-for-audit.js";
import { lineOfText } from "../../platform/http/schemas.js";
import { chooseProject } from "../../tenancy/choose-project.js";
import type { Project } from "../../tenancy/rules.js";
import { invariants } from "../invariants.js";
import { type Answer, argument, type Cli, cliActor } from "./cli.js";
import type { CommandContext } from "./command-context.js";
import { describeBroken } from "./doctor/rules.js";

interface ResumeOptions {
  readonly force?: true;
  readonly reason?: string;
}

export function addResume(projects: Command, cli: Cli): void {
  projects
    .command("resume")
    .description(
      "Let a paused project go on. A project is paused when an invariant of its books is broken. All of its books are looked at first, which takes time when they are large; it goes on when nothing is broken.",
    )
    .argument("<project>", "id or name")
    .option("--force", "go on although something is broken, and accept what is")
    .option("--reason <text>", "why it is forced, for the audit log", argument(lineOfText(500)))
    .addHelpText(
      "after",
      '\nExamples:\n  $ chargly projects resume my-product\n  $ chargly projects resume my-product --force --reason "one wallet, corrected by hand"',
    )
    .action(async (choice: string, { force, reason }: ResumeOptions) => {
      if ((force === true) !== (reason !== undefined))
        throw new Refusal("invalid_request", {
          param: force === true ? "reason" : "force",
          detail: "--force and --reason come together: say why it goes on all the same.",
        });
      await cli.run(async (ctx) => {
        const project = await chooseProject(ctx, choice);
        return resumed(await resume(ctx, project, reason ?? null), project);
      });
    });
}

async function resume(
  ctx: CommandContext,
  { id: projectId }: Project,
  forceBecause: string | null,
): Promise<Resumed> {
  const { databaseUrl: url, log } = ctx;
  const auditDb = connectForAudit({ url, applicationName: "chargly-cli-audit", log });
  try {
    return await resumeWhenSound(
      { ...ctx, auditDb, invariants },
      { projectId, forceBecause },
      cliActor(),
    );
  } finally {
    await closeDatabase(auditDb);
  }
}

function resumed(end: Resumed, { name }: Project): Answer {
  const invariantsOf = (checked: readonly CheckedInvariant[]) =>
    checked.map((each) => ({ name: each.name, rule: each.rule, offenders: each.offenders }));
  switch (end.status) {
    case "running":
      return { json: { status: "running" }, text: `${name} is not paused.\n` };
    case "resumed":
      return {
        json: { status: "resumed", accepted: invariantsOf(end.accepted) },
        text: `${name} goes on: what was accepted meanwhile is applied now.\n${end.accepted.map((each) => `Accepted: ${describeBroken(each)}\n`).join("")}`,
      };
    case "broken":
      return {
        json: { status: "paused", broken: invariantsOf(end.broken) },
        text: end.broken.map((each) => `${describeBroken(each)}\n`).join(""),
        failure: {
          code: "conflict",
          detail: `${name} stays paused. Find out who wrote to the ledger's tables and put it right, or go on with --force --reason "…".`,
        },
      };
  }
}
