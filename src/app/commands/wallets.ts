import type { Command } from "commander";
import { type Credits, formatCredits } from "../../kernel/credits.js";
import { type Balances, totalBalance } from "../../ledger/movements.js";
import { openWallet } from "../../ledger/open-wallet.js";
import { freezeOf, readWallet, type Wallet } from "../../ledger/read-wallet.js";
import { lotPriorityDefault, lotPriorityMax } from "../../ledger/lots.js";
import { inTransaction } from "../../platform/db/transaction.js";
import { lineOfText, positiveCredits, signedCredits } from "../../platform/http/schemas.js";
import type { AdjustedWallet } from "../../wallets/adjust-wallet.js";
import { correctCredits } from "../../wallets/correct-credits.js";
import { createWalletLink } from "../../wallets/create-wallet-link.js";
import { grantCredits } from "../../wallets/grant-credits.js";
import {
  linkTtlSecondsDefault,
  linkTtlSecondsMax,
  linkTtlSecondsMin,
} from "../../wallets/links.js";
import { renderAdjustment, renderWallet } from "../../wallets/render.js";
import { expiresInDaysMax, reasonLengthMax } from "../../wallets/rules.js";
import {
  type Answer,
  argument,
  type Cli,
  cliActor,
  type ProjectOption,
  wholeNumber,
} from "./cli.js";
import { addWalletControl } from "./limits.js";
import { onCustomer } from "./on-customer.js";
import { renderFields } from "./table.js";
import { addStatement, linesTable } from "./wallet-statement.js";

interface AdjustOptions extends ProjectOption {
  readonly reason: string;
  readonly expiresInDays?: number;
  readonly priority?: number;
}

interface LinkOptions extends ProjectOption {
  readonly ttlSeconds: number;
}

export function addWallets(program: Command, cli: Cli): void {
  const wallets = program
    .command("wallets")
    .description("Wallets of customers, named by your own customer ids.");
  addReading(wallets, cli);
  addStatement(wallets, cli);
  addAdjusting(wallets, cli);
  addWalletControl(wallets, cli);
  onCustomer(wallets, "link", "Make a link to the wallet page. Whoever has it sees the wallet.")
    .option(
      "--ttl-seconds <seconds>",
      "how long it is good for",
      wholeNumber(linkTtlSecondsMin, linkTtlSecondsMax),
      linkTtlSecondsDefault,
    )
    .action(async (customer: string, options: LinkOptions) =>
      cli.runIn(options, async (ctx, { id }) => {
        const wallet = await openWallet(ctx.db, id, customer);
        const { url, expiresAt } = createWalletLink(ctx, wallet, options.ttlSeconds);
        const until = expiresAt.toISOString();
        return { json: { url, expiresAt: until }, text: `${url}\nGood until ${until}.\n` };
      }),
    );
}

function addReading(wallets: Command, cli: Cli): void {
  onCustomer(wallets, "show", "Show a wallet's balance.").action(
    async (customer: string, options: ProjectOption) =>
      cli.runIn(options, async (ctx, { id }) =>
        shown(customer, await readWallet(ctx.db, id, customer), cli),
      ),
  );
}

function addAdjusting(wallets: Command, cli: Cli): void {
  const reason = argument(lineOfText(reasonLengthMax));
  const grant = onCustomer(wallets, "grant", "Give credits for nothing.");
  grant
    .argument("<credits>", "more than 0", argument(positiveCredits))
    .requiredOption("--reason <text>", "stands on the customer's statement", reason)
    .option("--expires-in-days <days>", "never without it", wholeNumber(1, expiresInDaysMax))
    .option(
      "--priority <number>",
      `when they are spent: lower first; ${lotPriorityDefault} without it, as bought credits have`,
      wholeNumber(0, lotPriorityMax),
    )
    .addHelpText(
      "after",
      '\nExample:\n  $ chargly wallets grant user_123 47 --reason "welcome credits"',
    )
    .action(async (customer: string, credits: Credits, options: AdjustOptions) =>
      cli.runIn(options, async (ctx, { id: projectId }) => {
        const order = { ...options, projectId, customerId: customer, credits };
        return adjusted(
          await inTransaction(ctx.db, (trx) => grantCredits(trx, order, cliActor())),
          cli,
        );
      }),
    );
  onCustomer(wallets, "correct", "Put a wallet right: add credits, or take some away (-12.5).")
    .argument("<credits>", "anything but 0", argument(signedCredits))
    .requiredOption("--reason <text>", "stands on the customer's statement", reason)
    .addHelpText(
      "after",
      '\nExample:\n  $ chargly wallets correct user_123 -12.5 --reason "counted twice"',
    )
    .action(async (customer: string, credits: Credits, options: AdjustOptions) =>
      cli.runIn(options, async (ctx, { id: projectId }) => {
        const order = { projectId, customerId: customer, credits, reason: options.reason };
        return adjusted(
          await inTransaction(ctx.db, (trx) => correctCredits(trx, order, cliActor())),
          cli,
        );
      }),
    );
}

function balanceFields(of: Balances): [name: string, value: string][] {
  return [
    ["available", formatCredits(of.available)],
    ["held", formatCredits(of.held)],
    ["debt", formatCredits(of.debt)],
    ["total", formatCredits(totalBalance(of))],
  ];
}

function frozenFields(wallet: Wallet): [name: string, value: string][] {
  const freeze = freezeOf(wallet);
  return freeze === null
    ? []
    : [["frozen", `since ${freeze.since.toISOString()}: ${freeze.reason}`]];
}

function shown(customer: string, wallet: Wallet | undefined, { paint }: Cli): Answer {
  const json = renderWallet(customer, wallet);
  const text =
    wallet === undefined
      ? `${customer} has no wallet yet; it opens with the first credits.\n`
      : renderFields(
          [["customer", customer], ...balanceFields(wallet), ...frozenFields(wallet)],
          paint,
        );
  return { json, text };
}

function adjusted(done: AdjustedWallet, cli: Cli): Answer {
  const balance = `\n${renderFields(balanceFields(done.balances), cli.paint)}`;
  return { json: renderAdjustment(done), text: linesTable(done.lines, cli) + balance };
}
