import { type Command, Option } from "commander";
import { createAgentToken } from "../../agents/create-agent-token.js";
import { createOperatorToken } from "../../agents/create-operator-token.js";
import { endToken } from "../../agents/end-token.js";
import { renderAgentToken, renderToken } from "../../agents/render.js";
import {
  type OperatorTool,
  operatorToolNames,
  tokenNameLengthMax,
  type WalletTool,
  walletToolNames,
} from "../../agents/rules.js";
import type { Credits } from "../../kernel/credits.js";
import { publicId } from "../../kernel/ids.js";
import { inTransaction } from "../../platform/db/transaction.js";
import { customerId, lineOfText, nonNegativeCredits } from "../../platform/http/schemas.js";
import type { CreatedToken } from "../../tenancy/create-token.js";
import { listTokens } from "../../tenancy/read-tokens.js";
import { scopes, type Token, tokenStatusOf } from "../../tenancy/rules.js";
import { chooseToken } from "./choose-key.js";
import {
  type Answer,
  argument,
  type Cli,
  cliActor,
  type ProjectOption,
  withProject,
} from "./cli.js";
import { tokenLife } from "./parse-life.js";
import { renderFields, renderTable } from "./table.js";

const listedMax = 100;
const defaultLife = "1h";

interface CreateOptions extends ProjectOption {
  readonly name: string;
  readonly expires: number;
}

interface OperatorOptions extends CreateOptions {
  readonly tools: readonly OperatorTool[];
}

interface AgentOptions extends CreateOptions {
  readonly customer: string;
  readonly tools?: readonly WalletTool[];
  readonly perCall?: Credits;
  readonly perDay?: Credits;
  readonly total?: Credits;
  readonly namesPrices?: boolean;
}

interface ListOptions extends ProjectOption {
  readonly customer?: string;
}

/** `tokens list`, `tokens create-agent`, `tokens create-operator` and `tokens revoke`. */
export function addTokens(program: Command, cli: Cli): void {
  const tokens = program.command("tokens").description("Tokens of agents and operators' agents.");
  withProject(tokens.command("list"))
    .description(`List the newest ${listedMax} tokens, those that have ended included.`)
    .option("--customer <id>", "of one customer", argument(customerId))
    .action(async ({ customer, ...options }: ListOptions) =>
      cli.runIn(options, async ({ db }, { id }) => {
        const asked = { customerId: customer, size: listedMax };
        return listed((await listTokens(db, id, asked)).data, cli);
      }),
    );
  addCreateAgent(tokens, cli);
  addCreateOperator(tokens, cli);
  withProject(tokens.command("revoke"))
    .description("Revoke a token for good. Nothing is spent with it from now on.")
    .argument("<token>", "its id, key_…, or its name when no other token in force has it")
    .addHelpText("after", "\nExample:\n  $ chargly tokens revoke key_01k2x3v9g7f6q8r5s4t3w2y1z0")
    .action(async (choice: string, options: ProjectOption) =>
      cli.runIn(options, async (ctx, { id: projectId }) => {
        const { id } = await chooseToken(ctx, projectId, choice);
        const token = await endToken(ctx.db, projectId, id, { actor: cliActor() });
        const text = `Revoked ${publicId("apiKey", id)} (${token.name}, ${token.hint}).\n`;
        return { json: tokenJson(token), text: cli.paint("bold", text) };
      }),
    );
}

function addCreateAgent(tokens: Command, cli: Cli): void {
  const credits = argument(nonNegativeCredits);
  withTerms(tokens.command("create-agent"))
    .description(
      "Make a token for an agent that acts for one customer. Give it a budget: one of --per-call, --per-day, --total. The token is shown once.",
    )
    .requiredOption("--customer <id>", "whose wallet", argument(customerId))
    .addOption(new Option("--tools <tool...>", "all unless told").choices(walletToolNames))
    .option("--per-call <credits>", "with one event, hold or capture", credits)
    .option("--per-day <credits>", "of the calendar in UTC", credits)
    .option("--total <credits>", "in all", credits)
    .option("--names-prices", "may say itself what an event costs, instead of the rate card")
    .addHelpText(
      "after",
      "\nExample:\n  $ chargly tokens create-agent --customer user_123 --name assistant --per-call 5 --total 200 --expires 8h",
    )
    .action(async ({ customer, ...options }: AgentOptions) =>
      cli.runIn(options, async (ctx, project) => {
        const { name, perCall = null, perDay = null, total = null, namesPrices = false } = options;
        const tools = [...new Set(options.tools ?? walletToolNames)];
        const who = { customerId: customer, name, tools, expiresInSeconds: options.expires };
        const order = { ...who, perCall, perDay, total, namesPrices };
        // Whoever has the database may give anything.
        const maker = { actor: cliActor(), keyId: null, scopes: new Set<string>(scopes) };
        const made = await inTransaction(ctx.db, (trx) =>
          createAgentToken(ctx, trx, project, order, maker),
        );
        return created(made.token, renderAgentToken(made), cli);
      }),
    );
}

function addCreateOperator(tokens: Command, cli: Cli): void {
  withTerms(tokens.command("create-operator"))
    .description(
      "Make a token for an operator's agent, which looks after the project and spends nothing. The token is shown once.",
    )
    .addOption(
      new Option("--tools <tool...>", "what it may do")
        .choices(operatorToolNames)
        .makeOptionMandatory(),
    )
    .addHelpText(
      "after",
      "\nExample:\n  $ chargly tokens create-operator --name on-call --tools freeze_wallet unfreeze_wallet --expires 8h",
    )
    .action(async ({ tools, expires, ...options }: OperatorOptions) =>
      cli.runIn(options, async (ctx, project) => {
        const order = { name: options.name, tools: [...new Set(tools)], expiresInSeconds: expires };
        const token = await createOperatorToken(ctx, project, order, cliActor());
        return created(token, tokenJson(token), cli);
      }),
    );
}

function withTerms(command: Command): Command {
  return withProject(command)
    .requiredOption("--name <name>", "what it is for", argument(lineOfText(tokenNameLengthMax)))
    .addOption(
      new Option("--expires <time>", "after so long: 30m, 8h, 7d; 90d at most")
        .argParser(tokenLife)
        .default(tokenLife(defaultLife), defaultLife),
    );
}

function tokenJson(token: Token) {
  return { ...renderToken(token), kind: token.kind, customerId: token.customerId };
}

function listed(tokens: readonly Token[], { paint }: Cli): Answer {
  const text = renderTable(
    [
      { title: "token", cell: ({ id }) => publicId("apiKey", id) },
      { title: "name", cell: ({ name }) => name },
      { title: "ends in", cell: ({ hint }) => hint },
      { title: "customer", cell: (token) => token.customerId ?? "-" },
      { title: "state", cell: (token) => tokenStatusOf(token).replace("_", " ") },
      { title: "expires", cell: ({ expiresAt }) => expiresAt.toISOString() },
      { title: "tools", cell: ({ tools }) => tools.join(" ") },
    ],
    tokens,
    { paint, none: "The project has no token yet. Make one: chargly tokens create-agent --help" },
  );
  return { json: { data: tokens.map(tokenJson) }, text };
}

function created(
  { secret, ...token }: CreatedToken,
  json: Readonly<Record<string, unknown>>,
  { paint }: Cli,
): Answer {
  const fields = [
    ["id", publicId("apiKey", token.id)],
    ["name", token.name],
    ...(token.customerId === null ? [] : ([["customer", token.customerId]] as const)),
    ["tools", token.tools.join(" ")],
    ["expires", token.expiresAt.toISOString()],
    ["token", secret],
  ] as const;
  const note = "Keep the token now: it is shown once, and only its digest is stored.\n";
  return {
    json: { ...json, kind: token.kind, token: secret },
    text: renderFields(fields, paint) + paint("yellow", note),
  };
}
