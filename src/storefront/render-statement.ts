import { totalBalance } from "../ledger/movements.js";
import type { StatementLine } from "../ledger/read-statement.js";
import { type Html, html } from "../platform/http/html.js";
import { describeTransfer } from "../wallets/rules.js";
import { linesPerPage, type WalletPage } from "./read-wallet-page.js";
import { newerCursor } from "./rules.js";
import { amountInWords, changeInWords, timeInWords } from "./words.js";

/** What happened to the wallet, newest first, with the balance after each line. */
export function renderStatement(shown: WalletPage, path: string): Html {
  const { data } = shown.statement;
  return html`<section aria-labelledby="history">
<h2 id="history">History</h2>
${data.length === 0 ? nothingYet(shown) : tableOf(data)}
${pagesOf(shown, path)}
${shown.wallet.seq > 0n && downloads(path)}
</section>`;
}

function downloads(path: string): Html {
  const link = (format: string, words: string) =>
    html`<a download href="${path}/statement?format=${format}">${words}</a>`;
  return html`<p class="soft small">Download all of it: ${link("csv", "CSV for spreadsheets")} or ${link("json", "JSON")}</p>`;
}

function nothingYet({ wallet, packs }: WalletPage): Html {
  if (wallet.seq > 0n) return html`<div class="card empty">There is nothing on this page.</div>`;
  return html`<div class="card empty"><strong>No credits yet</strong>${packs.length > 0 ? "Choose a pack above to begin." : "Credits appear here as soon as you get some."}</div>`;
}

function tableOf(lines: readonly StatementLine[]): Html {
  return html`<div class="card sheet">
<table>
<thead><tr><th scope="col">What</th><th scope="col" class="number">Credits</th><th scope="col" class="number">Balance</th></tr></thead>
<tbody>
${lines.map(rowOf)}
</tbody>
</table>
</div>`;
}

function rowOf({ kind, memo, at, change, balances }: StatementLine): Html {
  return html`<tr><td>${describeTransfer(kind, memo)}<time datetime="${at.toISOString()}">${timeInWords(at)}</time></td><td class="number ${change > 0n ? "in" : "out"}">${changeInWords(change)}</td><td class="number">${amountInWords(totalBalance(balances))}</td></tr>
`;
}

function pagesOf({ wallet, statement }: WalletPage, path: string): Html | undefined {
  const seqFirst = statement.data[0]?.seq;
  const newer =
    wallet.seq === 0n ? undefined : newerCursor({ seqFirst, seqLast: wallet.seq }, linesPerPage);
  const older = statement.nextCursor;
  if (newer === undefined && older === null) return undefined;
  const link = (cursor: string | null, words: string) =>
    html`<a class="button quiet" href="${path}${cursor !== null && `?cursor=${cursor}`}">${words}</a>`;
  return html`<nav class="pages" aria-label="Pages of the history">
${newer === undefined ? html`<span></span>` : link(newer, "← Newer")}
${older !== null && link(older, "Older →")}
</nav>`;
}
