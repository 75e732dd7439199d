import { type Command, Option } from "commander";
import { type Credits, formatCredits } from "../../kernel/credits.js";
import { publicId } from "../../kernel/ids.js";
import { periods } from "../../ledger/decide-limits.js";
import { type Freeze, freezeOf } from "../../ledger/read-wallet.js";
import {
  freezeReasonLengthMax,
  freezeWallet,
  type FrozenOrNot,
  unfreezeWallet,
} from "../../limits/freeze-wallet.js";
import { readKeyLimits, readWalletLimits } from "../../limits/read-limits.js";
import { renderKeyLimits, renderWalletLimits } from "../../limits/render.js";
import { type Allowances, type LimitsChange, noLimits } from "../../limits/rules.js";
import { setKeyLimits } from "../../limits/set-key-limits.js";
import { setWalletLimits } from "../../limits/set-wallet-limits.js";
import { inTransaction } from "../../platform/db/transaction.js";
import { lineOfText, nonNegativeCredits } from "../../platform/http/schemas.js";
import { renderWallet } from "../../wallets/render.js";
import {
  type Answer,
  argument,
  type Cli,
  cliActor,
  type ProjectOption,
  withProject,
} from "./cli.js";
import { chooseKey } from "./choose-key.js";
import { onCustomer } from "./on-customer.js";
import { renderTable } from "./table.js";

interface LimitOptions extends ProjectOption {
  readonly perMinute?: Credits;
  readonly perDay?: Credits;
  readonly perMonth?: Credits;
  readonly none?: boolean;
}

interface FreezeOptions extends ProjectOption {
  readonly reason?: string;
}

/** `wallets freeze`, `wallets unfreeze` and `wallets limit`. */
export function addWalletControl(wallets: Command, cli: Cli): void {
  const reason = argument(lineOfText(freezeReasonLengthMax));
  const freeze = onCustomer(wallets, "freeze", "Stop all spending. Credits still arrive.");
  freeze
    .requiredOption("--reason <text>", "for operators; the customer does not see it", reason)
    .addHelpText("after", '\nExample:\n  $ chargly wallets freeze user_123 --reason "a dispute"')
    .action(async (customerId: string, options: FreezeOptions & { readonly reason: string }) =>
      cli.runIn(options, async (ctx, { id: projectId }) => {
        const order = { projectId, customerId, reason: options.reason };
        return frozen(await inTransaction(ctx.db, (trx) => freezeWallet(trx, order, cliActor())));
      }),
    );
  onCustomer(wallets, "unfreeze", "Let a frozen wallet be spent from again.")
    .option("--reason <text>", "for the audit log", reason)
    .action(async (customerId: string, options: FreezeOptions) =>
      cli.runIn(options, async (ctx, { id: projectId }) => {
        const order = { projectId, customerId, reason: options.reason ?? null };
        return frozen(await inTransaction(ctx.db, (trx) => unfreezeWallet(trx, order, cliActor())));
      }),
    );
  withLimits(onCustomer(wallets, "limit", `Limit what a wallet spends. ${keeps}`))
    .addHelpText("after", "\nExample:\n  $ chargly wallets limit user_123 --per-day 100")
    .action(async (customerId: string, options: LimitOptions) =>
      cli.runIn(options, async (ctx, { id: projectId }) => {
        const change = changeOf(options);
        const owner = { projectId, customerId };
        const limits = await (change === undefined
          ? readWalletLimits(ctx.db, projectId, customerId)
          : inTransaction(ctx.db, (trx) => setWalletLimits(trx, owner, change, cliActor())));
        return { json: renderWalletLimits(customerId, limits), text: limitsTable(limits, cli) };
      }),
    );
}

/** `keys limit`. */
export function addKeyLimits(keys: Command, cli: Cli): void {
  withLimits(withProject(keys.command("limit")))
    .description(`Limit what is spent with a key, over all wallets. ${keeps}`)
    .argument("<key>", "its id, key_…, or its name when no other key in force has it")
    .addHelpText("after", "\nExample:\n  $ chargly keys limit backend --per-month 100000")
    .action(async (choice: string, options: LimitOptions) =>
      cli.runIn(options, async (ctx, { id: projectId }) => {
        const change = changeOf(options);
        const { id } = await chooseKey(ctx, projectId, choice);
        const limits = await (change === undefined
          ? readKeyLimits(ctx.db, projectId, id)
          : setKeyLimits(ctx.db, { projectId, id }, change, cliActor()));
        return {
          json: renderKeyLimits(id, limits),
          text: `${publicId("apiKey", id)}\n${limitsTable(limits, cli)}`,
        };
      }),
    );
}

const keeps = "What is not named stays as it was; without any option the limits are shown.";

function withLimits(command: Command): Command {
  const credits = argument(nonNegativeCredits);
  return command
    .option("--per-minute <credits>", "0 stops all spending", credits)
    .option("--per-day <credits>", "of the calendar in UTC", credits)
    .option("--per-month <credits>", "of the calendar in UTC", credits)
    .addOption(
      new Option("--none", "take all limits away, and forget what was counted").conflicts([
        "perMinute",
        "perDay",
        "perMonth",
      ]),
    );
}

/** `undefined` when nothing is to be changed. */
function changeOf({ perMinute, perDay, perMonth, none }: LimitOptions): LimitsChange | undefined {
  if (none === true) return noLimits;
  const change = {
    ...(perMinute === undefined ? {} : { minute: perMinute }),
    ...(perDay === undefined ? {} : { day: perDay }),
    ...(perMonth === undefined ? {} : { month: perMonth }),
  };
  return Object.keys(change).length === 0 ? undefined : change;
}

function limitsTable(limits: Allowances, { paint }: Cli): string {
  const shown = (amount: Credits | null, otherwise: string) =>
    amount === null ? otherwise : formatCredits(amount);
  return renderTable(
    [
      { title: "per", cell: (period) => period },
      { title: "limit", cell: (period) => shown(limits[period].limit, "none"), align: "right" },
      {
        title: "spent",
        cell: (period) => shown(limits[period].counted?.spent ?? null, "not counted"),
        align: "right",
      },
      { title: "left", cell: (period) => shown(limits[period].remaining, ""), align: "right" },
      { title: "resets", cell: (period) => limits[period].resetsAt.toISOString() },
    ],
    periods,
    { paint, none: "" },
  );
}

function frozen({ wallet, changed }: FrozenOrNot): Answer {
  const { customerId } = wallet;
  const json = { ...renderWallet(customerId, wallet), changed };
  return { json, text: `${customerId} ${stateOf(freezeOf(wallet), changed)}\n` };
}

function stateOf(freeze: Freeze | null, changed: boolean): string {
  if (freeze === null) return changed ? "can be spent from again." : "was not frozen.";
  const since = changed ? "is frozen" : `was frozen already, since ${freeze.since.toISOString()}`;
  return `${since}: ${freeze.reason}`;
}
