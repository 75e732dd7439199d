import { readFile, stat } from "node:fs/promises";
import type { Command } from "commander";
import { z } from "zod";
import { formatCredits } from "../../kernel/credits.js";
import type { ProjectId } from "../../kernel/ids.js";
import { pageSizeMax } from "../../kernel/page.js";
import { Refusal } from "../../kernel/refusals.js";
import { inTransaction } from "../../platform/db/transaction.js";
import { parseJson, refuseInexactNumbers } from "../../platform/http/parse-json.js";
import { describePrice, describeShortfall } from "../../rating/describe-rate.js";
import { publishRateCard } from "../../rating/publish-rate-card.js";
import {
  listRateCards,
  type RateCardSummary,
  type RateCardVersion,
  readCurrentRateCard,
  readRateCard,
} from "../../rating/read-rate-cards.js";
import { renderRateCard, renderSummary } from "../../rating/routes.js";
import { type RateCardTerms, termCredits } from "../../rating/rules.js";
import { rateCardTerms } from "../../rating/terms-schema.js";
import {
  type Answer,
  type Cli,
  cliActor,
  type ProjectOption,
  wholeNumber,
  withProject,
} from "./cli.js";
import type { CommandContext } from "./command-context.js";
import { renderFields, renderTable } from "./table.js";
import type { Terminal } from "./terminal.js";

const versionMax = 999_999_999;
const fileBytesMax = 1024 * 1024;
const pagesMax = 100;
const documentSchema = rateCardTerms
  .extend({ version: z.unknown(), createdAt: z.unknown() })
  .partial({ version: true, createdAt: true })
  .strict();

interface ShowOptions extends ProjectOption {
  readonly version?: number;
}

export function addRateCards(program: Command, cli: Cli): void {
  const cards = program.command("rate-cards").description("What every event costs, in versions.");
  withProject(cards.command("show"))
    .description("Show the rate card in force, or an earlier version.")
    .option("--version <number>", "this version", wholeNumber(1, versionMax))
    .action(async (options: ShowOptions) =>
      cli.runIn(options, async ({ db }, { id }) => {
        const { version } = options;
        const card = await (version === undefined
          ? readCurrentRateCard(db, id)
          : readRateCard(db, id, version));
        return { json: renderRateCard(card), text: shown(card, cli) };
      }),
    );
  withProject(cards.command("publish"))
    .description(
      "Put the terms in a JSON file in force, all events at once. The same terms change nothing; what was priced before keeps its version.",
    )
    .argument(
      "<file>",
      "the terms, as `rate-cards show --json` prints them; - reads what is piped in",
    )
    .addHelpText(
      "after",
      "\nExamples:\n  $ chargly rate-cards publish rates.json\n  $ chargly rate-cards publish - < rates.json",
    )
    .action(async (file: string, options: ProjectOption) =>
      cli.runIn(options, async (ctx, { id }) =>
        publish(ctx, id, readTerms(await readDocument(file, cli.terminal))),
      ),
    );
  withProject(cards.command("list").description("List the versions, the newest first.")).action(
    async (options: ProjectOption) =>
      cli.runIn(options, async (ctx, { id }) => listed(await allVersions(ctx, id), cli)),
  );
}

async function readDocument(file: string, { readInput }: Terminal): Promise<Buffer> {
  if (file === "-") return Buffer.from(await readInput());
  try {
    if ((await stat(file)).size <= fileBytesMax) return await readFile(file);
  } catch {
    throw new Refusal("invalid_request", {
      detail: `${file} cannot be read. Name a file that exists, or - to pipe one in.`,
    });
  }
  throw new Refusal("invalid_request", { detail: `${file} is larger than 1 MB.` });
}

/** By the same rules as a request. What `show --json` prints beside the terms is left aside. */
function readTerms(document: Buffer): RateCardTerms {
  const json = parseJson(document);
  refuseInexactNumbers(document);
  const read = documentSchema.safeParse(json);
  if (read.success) {
    const { events, shortfall } = read.data;
    return { events, shortfall };
  }
  const { path = [], message = "" } = read.error.issues[0] ?? {};
  throw new Refusal("invalid_request", {
    param: path.join("."),
    detail: path.length === 0 ? message : `${path.join(".")}: ${message}`,
  });
}

async function publish(
  ctx: CommandContext,
  projectId: ProjectId,
  terms: RateCardTerms,
): Promise<Answer> {
  const { rateCard, changed } = await inTransaction(ctx.db, (trx) =>
    publishRateCard(trx, projectId, terms, cliActor()),
  );
  const said = changed ? "is in force now" : "says the same already; nothing changed";
  return {
    json: { ...renderRateCard(rateCard), changed },
    text: `Version ${rateCard.version} ${said}.\n`,
  };
}

async function allVersions(
  { db }: CommandContext,
  projectId: ProjectId,
): Promise<readonly RateCardSummary[]> {
  const versions: RateCardSummary[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < pagesMax; page++) {
    const found = await listRateCards(db, projectId, { size: pageSizeMax, cursor });
    versions.push(...found.data);
    if (found.nextCursor === null) break;
    cursor = found.nextCursor;
  }
  return versions;
}

function shown({ version, terms, createdAt }: RateCardVersion, { paint }: Cli): string {
  const events = Object.entries(terms.events).flatMap(([event, rate]) =>
    describePrice(rate.price).map(({ model, price }) => ({ event, model, price, rate })),
  );
  const head = renderFields(
    [
      ["version", String(version)],
      ["published", createdAt.toISOString()],
      ["shortfall", describeShortfall(terms.shortfall)],
    ],
    paint,
  );
  const table = renderTable(
    [
      { title: "event", cell: ({ event }) => event },
      { title: "model", cell: ({ model }) => model },
      { title: "price", cell: ({ price }) => price },
      { title: "minimum", cell: ({ rate }) => minimumOf(rate.minimum), align: "right" },
      { title: "rounding", cell: ({ rate }) => rate.rounding },
      {
        title: "shortfall",
        cell: ({ rate }) => describeShortfall(rate.shortfall ?? terms.shortfall),
      },
    ],
    events,
    { paint, none: "It prices nothing." },
  );
  return `${head}\n${table}`;
}

function minimumOf(minimum: number): string {
  return minimum === 0 ? "" : formatCredits(termCredits(minimum));
}

function listed(versions: readonly RateCardSummary[], { paint }: Cli): Answer {
  const text = renderTable(
    [
      { title: "version", cell: ({ version }) => String(version), align: "right" },
      { title: "published", cell: ({ createdAt }) => createdAt.toISOString() },
      {
        title: "events",
        cell: ({ eventCount }) => String(eventCount),
        align: "right",
      },
    ],
    versions,
    {
      paint,
      none: "The project has no rate card yet. Make one: chargly rate-cards publish --help",
    },
  );
  return { json: { data: versions.map(renderSummary) }, text };
}
