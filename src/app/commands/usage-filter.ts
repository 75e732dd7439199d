import type { Command } from "commander";
import type { ProjectId, WalletId } from "../../kernel/ids.js";
import { readWallet } from "../../ledger/read-wallet.js";
import { customerId, timeIn } from "../../platform/http/schemas.js";
import { eventName } from "../../rating/units-schema.js";
import { argument, type ProjectOption } from "./cli.js";
import type { CommandContext } from "./command-context.js";

export interface FilterOptions extends ProjectOption {
  readonly customer?: string;
  readonly event?: string;
  readonly from?: Date;
  readonly to?: Date;
}

/** What the filter names. `walletId: null` is a customer without a wallet. */
export interface UsageFilter {
  readonly walletId: WalletId | null | undefined;
  readonly event: string | undefined;
  readonly from: Date | undefined;
  readonly to: Date | undefined;
}

export function withFilter(command: Command): Command {
  const time = argument(timeIn);
  return command
    .option("--customer <customer>", "of this customer alone", argument(customerId))
    .option("--event <event>", "of this event alone", argument(eventName))
    .option("--from <time>", "accepted at or after: a day, or a time with its offset", time)
    .option("--to <time>", "accepted before", time);
}

export async function filterOf(
  ctx: Pick<CommandContext, "db">,
  projectId: ProjectId,
  { customer, event, from, to }: FilterOptions,
): Promise<UsageFilter> {
  const wallet = customer === undefined ? undefined : await readWallet(ctx.db, projectId, customer);
  const walletId = customer === undefined ? undefined : (wallet?.id ?? null);
  return { walletId, event, from, to };
}
