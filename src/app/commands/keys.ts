import { type Command, Option } from "commander";
import { revokeKey } from "../../agents/revoke-key.js";
import { publicId } from "../../kernel/ids.js";
import { lineOfText } from "../../platform/http/schemas.js";
import { createApiKey, type CreatedApiKey } from "../../tenancy/create-api-key.js";
import { listApiKeys } from "../../tenancy/list-api-keys.js";
import {
  type ApiKey,
  applicationScopes,
  type Project,
  type Scope,
  scopes,
} from "../../tenancy/rules.js";
import {
  type Answer,
  argument,
  type Cli,
  cliActor,
  type ProjectOption,
  withProject,
} from "./cli.js";
import { chooseKey } from "./choose-key.js";
import type { CommandContext } from "./command-context.js";
import { addKeyLimits } from "./limits.js";
import { renderFields, renderTable } from "./table.js";

const nameLengthMax = 100;

interface CreateOptions extends ProjectOption {
  readonly name: string;
  readonly scope?: readonly Scope[];
  readonly operator?: boolean;
}

export function addKeys(program: Command, cli: Cli): void {
  const keys = program.command("keys").description("API keys of a project.");
  withProject(keys.command("list").description("List the keys, revoked ones included.")).action(
    async (options: ProjectOption) =>
      cli.runIn(options, async (ctx, { id }) => listed(await listApiKeys(ctx, id), cli)),
  );
  withProject(keys.command("create"))
    .description(
      `Make a key. Without --scope and --operator it is for an application's backend: ${applicationScopes.join(", ")}. The key is shown once.`,
    )
    .requiredOption("--name <name>", "what it is for", argument(lineOfText(nameLengthMax)))
    .addOption(
      new Option("--scope <scope...>", "what it may do").choices(scopes).conflicts("operator"),
    )
    .option("--operator", "may do everything, giving credits and changing prices included")
    .addHelpText(
      "after",
      "\nExamples:\n  $ chargly keys create --name backend\n  $ chargly keys create --name report --scope wallets:read --scope packs:read",
    )
    .action(async (options: CreateOptions) => {
      const { name, operator = false } = options;
      const granted = options.scope ?? (operator ? scopes : applicationScopes);
      await cli.runIn(options, async (ctx, project) =>
        created(await createApiKey(ctx, project, { name, scopes: granted }, cliActor()), cli),
      );
    });
  withProject(keys.command("revoke"))
    .description(
      "Revoke a key for good, and the tokens that it made. They are out within a second, in every process.",
    )
    .argument("<key>", "its id, key_…, or its name when no other key in force has it")
    .addHelpText("after", "\nExample:\n  $ chargly keys revoke backend")
    .action(async (choice: string, options: ProjectOption) =>
      cli.runIn(options, async (ctx, project) => revoke(ctx, project, choice, cli)),
    );
  addKeyLimits(keys, cli);
}

async function revoke(
  ctx: CommandContext,
  { id: projectId }: Project,
  choice: string,
  cli: Cli,
): Promise<Answer> {
  const key = await chooseKey(ctx, projectId, choice);
  const { key: revoked, tokensRevoked } = await revokeKey(ctx.db, projectId, key.id, cliActor());
  const name = `${publicId("apiKey", revoked.id)} (${revoked.name}, ${revoked.hint})`;
  const text = `Revoked ${name}. Tokens that it made, revoked with it: ${tokensRevoked}.\n`;
  return { json: { ...keyJson(revoked), tokensRevoked }, text: cli.paint("bold", text) };
}

function keyJson(key: ApiKey) {
  return {
    id: publicId("apiKey", key.id),
    name: key.name,
    hint: key.hint,
    scopes: key.scopes,
    createdAt: key.createdAt.toISOString(),
    lastUsedAt: key.lastUsedAt?.toISOString() ?? null,
    revokedAt: key.revokedAt?.toISOString() ?? null,
  };
}

function listed(keys: readonly ApiKey[], { paint }: Cli): Answer {
  const text = renderTable(
    [
      { title: "key", cell: ({ id }) => publicId("apiKey", id) },
      { title: "name", cell: ({ name }) => name },
      { title: "ends in", cell: ({ hint }) => hint },
      { title: "last used", cell: ({ lastUsedAt }) => lastUsedAt?.toISOString() ?? "never" },
      { title: "state", cell: ({ revokedAt }) => (revokedAt === null ? "in force" : "revoked") },
      { title: "scopes", cell: (key) => key.scopes.join(" ") },
    ],
    keys,
    { paint, none: "The project has no key yet. Make one: chargly keys create --name backend" },
  );
  return { json: { data: keys.map(keyJson) }, text };
}

function created(key: CreatedApiKey, { paint }: Cli): Answer {
  const fields = [
    ["key", publicId("apiKey", key.id)],
    ["name", key.name],
    ["scopes", key.scopes.join(" ")],
    ["secret", key.secret],
  ] as const;
  const note = "Keep the secret now: it is shown once, and only its digest is stored.\n";
  return {
    json: { ...keyJson(key), secret: key.secret },
    text: renderFields(fields, paint) + paint("yellow", note),
  };
}
