import type { CreditPack } from "../catalogue/rules.js";
import { formatMoney } from "../kernel/money.js";
import { zeroCredits } from "../kernel/credits.js";
import { isSettled, type Purchase } from "../checkout/rules.js";
import type { Wallet } from "../ledger/read-wallet.js";
import { type Html, html } from "../platform/http/html.js";
import type { PageContent } from "../platform/http/page-document.js";
import { masthead } from "./masthead.js";
import type { WalletPage } from "./read-wallet-page.js";
import { renderStatement } from "./render-statement.js";
import { amountInWords, creditsInWords } from "./words.js";

/** @param path the page itself, where its forms and pages lead */
export function renderWallet(shown: WalletPage, path: string): PageContent {
  const { wallet, project, packs, returned } = shown;
  const body = html`${masthead(project)}
${returned && noticeOf(returned)}
${wallet.frozenAt !== null && pausedNotice(project.name)}
<section class="card" aria-labelledby="balance">
<h1 id="balance" class="soft small">Your balance</h1>
<p class="balance">${amountInWords(wallet.available)}<small>${creditsInWords(wallet.available).split(" ")[1]}</small></p>
${otherBalances(wallet)}
</section>
${packs.length > 0 && packCards(packs, path)}
${renderStatement(shown, path)}`;
  return { title: `Your wallet · ${project.name}`, body };
}

function noticeOf(purchase: Purchase): Html | undefined {
  if (isSettled(purchase) && purchase.reversed === zeroCredits)
    return html`<p class="notice good" role="status">✓ ${creditsInWords(purchase.granted)} added.</p>`;
  if (purchase.state === "processing")
    return html`<p class="notice info" role="status">Your payment is on its way. ${creditsInWords(purchase.credits)} will be added automatically; please do not pay again.</p>`;
  return undefined;
}

/** Why is between the operator and the customer; the reason that is kept was not written for this page. */
function pausedNotice(merchant: string): Html {
  return html`<p class="notice info" role="status">This wallet is paused. Your credits are kept, and what you buy is added as always, but nothing can be used until ${merchant} resumes it. Please ask ${merchant} if you have questions.</p>`;
}

function otherBalances({ held, debt }: Wallet): Html | undefined {
  if (held === zeroCredits && debt === zeroCredits) return undefined;
  return html`<dl class="facts">
${held > zeroCredits && html`<div><dt>Set aside for what is running</dt><dd>${creditsInWords(held)}</dd></div>`}
${debt > zeroCredits && html`<div><dt>Owed, paid first from the next credits</dt><dd>${creditsInWords(debt)}</dd></div>`}
</dl>`;
}

function packCards(packs: readonly CreditPack[], path: string): Html {
  return html`<section aria-labelledby="packs">
<h2 id="packs">Buy credits</h2>
<ul class="cards">
${packs.map((pack) => packCard(pack, path))}
</ul>
</section>`;
}

/** The code travels in the address: a form without fields has no body that would have to be read. */
function packCard(pack: CreditPack, path: string): Html {
  const price = formatMoney(pack.price);
  const credits = creditsInWords(pack.credits);
  const action = `${path}/checkouts?pack=${encodeURIComponent(pack.code)}`;
  return html`<li class="card">
<h3>${pack.name}</h3>
${pack.name !== credits && html`<p class="soft">${credits}</p>`}
${pack.bonusCredits > zeroCredits && html`<p class="in">+ ${amountInWords(pack.bonusCredits)} bonus</p>`}
<p class="price">${price}</p>
${pack.validityDays !== null && html`<p class="soft small">Valid for ${pack.validityDays} ${pack.validityDays === 1 ? "day" : "days"}</p>`}
<form method="post" action="${action}"><button type="submit" aria-label="Buy ${pack.name} for ${price}">Buy</button></form>
</li>
`;
}
