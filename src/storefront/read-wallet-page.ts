import { listPacks } from "../catalogue/read-packs.js";
import type { CreditPack } from "../catalogue/rules.js";
import { readCheckout } from "../checkout/read-checkout.js";
import type { Purchase } from "../checkout/rules.js";
import { parsePublicId, type ProjectId } from "../kernel/ids.js";
import { type Page, pageSizeMax } from "../kernel/page.js";
import { Refusal } from "../kernel/refusals.js";
import { approvedOrThrow } from "../kernel/verdict.js";
import { readStatement, type StatementLine } from "../ledger/read-statement.js";
import type { Wallet } from "../ledger/read-wallet.js";
import { readProject } from "../tenancy/read-project.js";
import type { Project } from "../tenancy/rules.js";
import type { StorefrontContext } from "./context.js";
import { openLink } from "./open-link.js";

export const linesPerPage = 15;
const packPagesMax = 5;
const packsShownMax = 24;

export interface WalletPage {
  readonly wallet: Wallet;
  readonly project: Pick<Project, "name" | "mode">;
  /** On sale, the smallest first. */
  readonly packs: readonly CreditPack[];
  readonly statement: Page<StatementLine>;
  /** The checkout that the browser just came back from. */
  readonly returned: Purchase | undefined;
}

/** Everything that the wallet page shows. Refuses with `unauthenticated` what is no valid link. */
export async function readWalletPage(
  ctx: StorefrontContext,
  token: string,
  query: { readonly cursor: string | undefined; readonly checkout: string | undefined },
): Promise<WalletPage> {
  const wallet = await openLink(ctx, token);
  const [project, packs, statement, returned] = await Promise.all([
    readProject(ctx, wallet.projectId),
    packsOnSale(ctx, wallet.projectId),
    readStatement(ctx.db, wallet.id, { size: linesPerPage, cursor: query.cursor }),
    returnedPurchase(ctx, wallet, query.checkout),
  ]);
  return { wallet, project, packs, statement: approvedOrThrow(statement), returned };
}

async function packsOnSale(
  ctx: StorefrontContext,
  projectId: ProjectId,
): Promise<readonly CreditPack[]> {
  const packs: CreditPack[] = [];
  let cursor: string | undefined;
  for (let pages = 0; pages < packPagesMax; pages++) {
    const page = await listPacks(ctx.db, projectId, { size: pageSizeMax, cursor });
    packs.push(...page.data.filter((pack) => pack.onSale));
    if (page.nextCursor === null) break;
    cursor = page.nextCursor;
  }
  return packs.sort(bySize).slice(0, packsShownMax);
}

function bySize(a: CreditPack, b: CreditPack): number {
  return (
    Number(a.credits - b.credits) ||
    Number(a.price.amountMinor - b.price.amountMinor) ||
    (a.code < b.code ? -1 : 1)
  );
}

/** A purchase of this very wallet; any other reference is as good as none. */
async function returnedPurchase(
  ctx: StorefrontContext,
  wallet: Wallet,
  reference: string | undefined,
): Promise<Purchase | undefined> {
  const id = parsePublicId("purchase", reference);
  if (id === undefined) return undefined;
  try {
    const { purchase } = await readCheckout(ctx, wallet.projectId, id);
    return purchase.walletId === wallet.id ? purchase : undefined;
  } catch (error) {
    if (error instanceof Refusal && error.code === "not_found") return undefined;
    throw error;
  }
}
