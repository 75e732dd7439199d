import { byteOrderMark } from "../platform/csv/write-csv.js";
import type { StreamReply } from "../platform/http/reply.js";
import { exportWallet } from "../wallets/export-statement.js";
import { renderExport, type StatementFormat } from "../wallets/render-export.js";
import type { StorefrontContext } from "./context.js";
import { openLink } from "./open-link.js";

/** All of a wallet's history as a file, for whoever has a valid link. Its CSV is for spreadsheets of people. */
export async function downloadStatement(
  ctx: StorefrontContext,
  token: string,
  format: StatementFormat,
): Promise<StreamReply> {
  const wallet = await openLink(ctx, token);
  const named = { customerId: wallet.customerId, wallet };
  const statement = await exportWallet(ctx.db, named, { from: undefined, to: undefined });
  return renderExport(statement, format, { lead: byteOrderMark });
}
