import { type Command, Option } from "commander";
import { publicId } from "../../kernel/ids.js";
import { allowOrigins } from "../../tenancy/allow-origins.js";
import { chooseProject } from "../../tenancy/choose-project.js";
import { createProject } from "../../tenancy/create-project.js";
import { listProjects } from "../../tenancy/read-project.js";
import type { Project, ProjectMode } from "../../tenancy/rules.js";
import { lineOfText } from "../../platform/http/schemas.js";
import { type Answer, argument, type Cli, cliActor } from "./cli.js";
import { addResume } from "./resume-project.js";
import { renderFields, renderTable } from "./table.js";

const nameLengthMax = 100;
const modes = ["test", "live"] as const satisfies readonly ProjectMode[];

export function addProjects(program: Command, cli: Cli): void {
  const projects = program
    .command("projects")
    .description("Projects: each sells its own packs, with its own keys and Stripe account.");
  projects
    .command("list")
    .description("List all projects.")
    .action(() => cli.run(async (ctx) => listed(await listProjects(ctx), cli)));
  projects
    .command("create")
    .description("Open a project. It is test or live for good.")
    .requiredOption("--name <name>", "unique within its mode", argument(lineOfText(nameLengthMax)))
    .addOption(
      new Option("--mode <mode>", "which of Stripe's modes its money is in")
        .choices(modes)
        .makeOptionMandatory(),
    )
    .option("--origin <origin...>", "where browsers may be sent after paying", [])
    .addHelpText(
      "after",
      "\nExample:\n  $ chargly projects create --name my-product --mode test --origin https://app.example.com",
    )
    .action(async (wanted: CreateOptions) => {
      const { name, mode, origin: allowedOrigins } = wanted;
      await cli.run(async (ctx) =>
        shown(await createProject(ctx, { name, mode, allowedOrigins }, cliActor()), cli),
      );
    });
  projects
    .command("allow-origin")
    .description(
      "Let successUrl and cancelUrl lead to these origins, too. A project that the environment configures takes its origins from ALLOWED_ORIGINS at every start of web, where that is set.",
    )
    .argument("<project>", "id or name")
    .argument("<origin...>", "such as https://app.example.com")
    .addHelpText(
      "after",
      "\nExample:\n  $ chargly projects allow-origin my-product https://app.example.com",
    )
    .action(async (choice: string, origins: readonly string[]) => {
      await cli.run(async (ctx) => {
        const { id } = await chooseProject(ctx, choice);
        return shown(await allowOrigins(ctx, id, origins, cliActor()), cli);
      });
    });
  addResume(projects, cli);
}

interface CreateOptions {
  readonly name: string;
  readonly mode: ProjectMode;
  readonly origin: readonly string[];
}

function projectJson(project: Project) {
  const { id, name, mode, allowedOrigins, createdAt, pausedAt, pausedBecause } = project;
  return {
    id: publicId("project", id),
    name,
    mode,
    allowedOrigins,
    createdAt: createdAt.toISOString(),
    pausedAt: pausedAt?.toISOString() ?? null,
    pausedBecause,
  };
}

function listed(projects: readonly Project[], { paint }: Cli): Answer {
  const text = renderTable(
    [
      { title: "project", cell: ({ id }) => publicId("project", id) },
      { title: "mode", cell: ({ mode }) => mode },
      { title: "name", cell: ({ name }) => name },
      { title: "paused", cell: ({ pausedAt }) => pausedAt?.toISOString() ?? "-" },
      { title: "origins", cell: ({ allowedOrigins }) => allowedOrigins.join(" ") || "-" },
    ],
    projects,
    {
      paint,
      none: "There is no project yet. Make one: chargly projects create --name my-product --mode test",
    },
  );
  return { json: { data: projects.map(projectJson) }, text };
}

function shown(project: Project, { paint }: Cli): Answer {
  const { id, name, mode, allowedOrigins } = project;
  const fields = [
    ["project", publicId("project", id)],
    ["name", name],
    ["mode", mode],
    ["origins", allowedOrigins.join(" ") || "none yet"],
  ] as const;
  return { json: projectJson(project), text: renderFields(fields, paint) };
}
