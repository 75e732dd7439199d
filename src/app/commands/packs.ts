import { type Command, Option } from "commander";
import { packCode } from "../../catalogue/pack-code.js";
import { publishPack } from "../../catalogue/publish-pack.js";
import { listPacks, readPackIfAny } from "../../catalogue/read-packs.js";
import { renderPack } from "../../catalogue/routes.js";
import type { CreditPack, PackTerms } from "../../catalogue/rules.js";
import { type Credits, formatCredits, zeroCredits } from "../../kernel/credits.js";
import { formatMoney, type Money } from "../../kernel/money.js";
import { pageSizeMax } from "../../kernel/page.js";
import { Refusal } from "../../kernel/refusals.js";
import { approvedOrThrow } from "../../kernel/verdict.js";
import { inTransaction } from "../../platform/db/transaction.js";
import { lineOfText, nonNegativeCredits, positiveCredits } from "../../platform/http/schemas.js";
import type { Project } from "../../tenancy/rules.js";
import {
  type Answer,
  argument,
  type Cli,
  cliActor,
  type ProjectOption,
  wholeNumber,
  withProject,
} from "./cli.js";
import type { CommandContext } from "./command-context.js";
import { parsePrice } from "./parse-price.js";
import { renderFields, renderTable } from "./table.js";

const nameLengthMax = 100;
const validityDaysMax = 3_650;
const pagesMax = 100;

interface SetOptions extends ProjectOption {
  readonly name?: string;
  readonly credits?: Credits;
  readonly bonus?: Credits;
  readonly price?: string;
  readonly currency?: string;
  readonly validityDays?: number | "never";
  readonly onSale?: boolean;
  readonly offSale?: boolean;
}

export function addPacks(program: Command, cli: Cli): void {
  const packs = program.command("packs").description("Credit packs: what customers can buy.");
  withProject(packs.command("list").description("List the packs as they are sold now.")).action(
    async (options: ProjectOption) =>
      cli.runIn(options, async (ctx, project) => listed(await allPacks(ctx, project), cli)),
  );
  withProject(packs.command("set"))
    .description(
      "Put a pack's terms in force as a new version. A new pack needs name, credits, price and currency; of a known one, what is not named stays. Purchases keep the version they were made with.",
    )
    .argument("<code>", "your own code of the pack", argument(packCode))
    .option("--name <name>", "for customers", argument(lineOfText(nameLengthMax)))
    .option("--credits <credits>", "what is paid for", argument(positiveCredits))
    .option("--bonus <credits>", "given on top", argument(nonNegativeCredits))
    .option("--price <price>", "in the currency's usual unit: 9.99, 1200 for yen")
    .option("--currency <code>", "such as usd")
    .option("--validity-days <days>", "until the credits expire, or never", readValidity)
    .addOption(new Option("--off-sale", "nobody can buy it any more").conflicts("onSale"))
    .option("--on-sale", "customers can buy it (usual for a new pack)")
    .addHelpText(
      "after",
      '\nExamples:\n  $ chargly packs set starter-500 --name "500 credits" --credits 500 --price 9.99 --currency usd\n  $ chargly packs set starter-500 --price 8.99\n  $ chargly packs set starter-500 --off-sale',
    )
    .action(async (code: string, options: SetOptions) =>
      cli.runIn(options, async (ctx, project) => setPack(ctx, project, code, options, cli)),
    );
}

function readValidity(text: string): number | "never" {
  return text === "never" ? text : wholeNumber(1, validityDaysMax)(text);
}

async function allPacks(ctx: CommandContext, { id }: Project): Promise<readonly CreditPack[]> {
  const packs: CreditPack[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < pagesMax; page++) {
    const found = await listPacks(ctx.db, id, { size: pageSizeMax, cursor });
    packs.push(...found.data);
    if (found.nextCursor === null) break;
    cursor = found.nextCursor;
  }
  return packs;
}

async function setPack(
  ctx: CommandContext,
  { id: projectId }: Project,
  code: string,
  options: SetOptions,
  { paint }: Cli,
): Promise<Answer> {
  return inTransaction(ctx.db, async (trx) => {
    const before = await readPackIfAny(trx, projectId, code);
    const pack = await publishPack(trx, projectId, code, termsOf(options, before), cliActor());
    const changed = pack.version !== before?.version;
    const said = changed ? "in force now" : "as before; nothing changed";
    return {
      json: { ...renderPack(pack), changed },
      text: renderFields([...fieldsOf(pack), ["version", `${pack.version}, ${said}`]], paint),
    };
  });
}

/** What is not named stays as it was; a new pack has to name what cannot be guessed. */
function termsOf(options: SetOptions, before: CreditPack | undefined): PackTerms {
  return {
    name: options.name ?? before?.name ?? missing("--name"),
    credits: options.credits ?? before?.credits ?? missing("--credits"),
    bonusCredits: options.bonus ?? before?.bonusCredits ?? zeroCredits,
    price: priceOf(options, before),
    validityDays: validityOf(options, before),
    onSale: isOnSale(options, before),
  };
}

function validityOf({ validityDays }: SetOptions, before: CreditPack | undefined): number | null {
  return validityDays === "never" ? null : (validityDays ?? before?.validityDays ?? null);
}

function isOnSale({ offSale = false, onSale }: SetOptions, before: CreditPack | undefined) {
  return !offSale && (onSale ?? before?.onSale ?? true);
}

function priceOf({ price, currency }: SetOptions, before: CreditPack | undefined): Money {
  if (price === undefined && currency === undefined) return before?.price ?? missing("--price");
  return approvedOrThrow(
    parsePrice(
      price ?? missing("--price"),
      currency ?? before?.price.currency ?? missing("--currency"),
    ),
  );
}

function missing(option: string): never {
  throw new Refusal("invalid_request", {
    detail: `${option} is missing: a new pack needs name, credits, price and currency, and a new currency a price. See: chargly packs set --help`,
  });
}

function fieldsOf(pack: CreditPack): [name: string, value: string][] {
  const { code, name, validityDays, onSale } = pack;
  return [
    ["code", code],
    ["name", name],
    ["credits", creditsOf(pack)],
    ["price", formatMoney(pack.price)],
    ["validity", validityDays === null ? "never expires" : `${validityDays} days`],
    ["sale", onSale ? "on sale" : "off sale"],
  ];
}

function creditsOf({ credits, bonusCredits }: CreditPack): string {
  const bonus = bonusCredits === 0n ? "" : ` + ${formatCredits(bonusCredits)}`;
  return `${formatCredits(credits)}${bonus}`;
}

function listed(packs: readonly CreditPack[], { paint }: Cli): Answer {
  const field = (name: string) => (pack: CreditPack) =>
    fieldsOf(pack).find(([each]) => each === name)?.[1] ?? "";
  const text = renderTable(
    [
      { title: "code", cell: field("code") },
      { title: "name", cell: field("name") },
      { title: "credits", cell: field("credits"), align: "right" },
      { title: "price", cell: field("price"), align: "right" },
      { title: "validity", cell: field("validity") },
      { title: "sale", cell: field("sale") },
      { title: "version", cell: ({ version }) => String(version), align: "right" },
    ],
    packs,
    { paint, none: "The project has no pack yet. Make one: chargly packs set --help" },
  );
  return { json: { data: packs.map(renderPack) }, text };
}
