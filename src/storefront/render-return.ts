import type { Purchase } from "../checkout/rules.js";
import { microPerCredit } from "../kernel/credits.js";
import { publicId } from "../kernel/ids.js";
import { type Html, html } from "../platform/http/html.js";
import type { PageContent } from "../platform/http/page-document.js";
import { masthead } from "./masthead.js";
import { refreshSeconds, refreshesMax, type ReturnState } from "./rules.js";
import type { ReturnedCheckout } from "./settle-return.js";
import { amountInWords, creditsInWords } from "./words.js";

/** How the browser came back. */
export interface ReturnVisit {
  readonly sessionId: string | undefined;
  readonly canceled: boolean;
  /** How often the page has loaded itself. */
  readonly refreshes: number;
}

interface Telling {
  readonly mark: Html;
  readonly title: string;
  readonly says: readonly (Html | string)[];
  readonly actions?: readonly (Html | false)[];
  readonly isWaiting?: boolean;
}

type Tell = (returned: ReturnedCheckout, visit: ReturnVisit) => Telling;

const mark = (tone: "good" | "warn" | "bad" | "info", sign: string) =>
  html`<p class="mark ${tone}" aria-hidden="true">${sign}</p>`;
const waitingMark = html`<p class="mark info" aria-hidden="true"><span class="spinner"></span></p>`;

/** How a checkout went, in words that say what to do next. */
export function renderReturn(returned: ReturnedCheckout, visit: ReturnVisit): PageContent {
  const {
    mark: sign,
    title,
    says,
    actions = [],
    isWaiting = false,
  } = tellings[returned.state](returned, visit);
  const shown = actions.filter((action) => action !== false);
  const refresh = isWaiting ? nextRefresh(visit) : undefined;
  const body = html`${masthead(returned.project)}
<div class="card">
${sign}
<h1>${title}</h1>
${says.map((sentence) => html`<p>${sentence}</p>\n`)}
${isWaiting ? waitingNote(visit) : wayBackToWallet(returned)}
${shown.length > 0 && html`<div class="actions">${shown}</div>`}
</div>
<footer>${returned.purchase.description}${isReferable(returned) && html`<br>Reference <code>${referenceOf(returned)}</code>`}</footer>`;
  return { title: `${title} · ${returned.project.name}`, width: "narrow", body, refresh };
}

const tellings: Readonly<Record<ReturnState, Tell>> = {
  credited: ({ purchase, available }) => ({
    mark: mark("good", "✓"),
    title: `${creditsInWords(purchase.granted)} added`,
    says: [
      available === undefined
        ? "The payment is complete. There is nothing more to pay."
        : html`Your balance is <strong>${amountInWords(available)}</strong>.`,
    ],
  }),
  disputed: ({ purchase }) => ({
    mark: mark("warn", "!"),
    title: "This payment is disputed",
    says: [
      `The bank asks for the money back, so ${takenBack(purchase)}. If the dispute is settled in favour of the merchant, they return by themselves.`,
    ],
  }),
  partially_refunded: ({ purchase }) => ({
    mark: mark("info", "↩"),
    title: "Part of this purchase was refunded",
    says: [`${creditsInWords(purchase.granted)} were added, and ${takenBack(purchase)}.`],
  }),
  refunded: () => ({
    mark: mark("info", "↩"),
    title: "This purchase was refunded",
    says: ["The money goes back the way it came, and the credits were taken back."],
  }),
  processing: ({ purchase }) => ({
    mark: waitingMark,
    title: "Your payment is on its way",
    says: [
      html`Your bank needs a little longer. <strong>${creditsInWords(purchase.credits)}</strong> will be added automatically as soon as the payment arrives.`,
      "It is safe to close this page. Please do not pay again.",
    ],
    isWaiting: true,
  }),
  confirming: ({ purchase }) => ({
    mark: waitingMark,
    title: "We are confirming your payment",
    says: [
      html`The payment service does not answer at the moment. If you have paid, <strong>${creditsInWords(purchase.credits)}</strong> will be added automatically.`,
      "It is safe to close this page. Please do not pay again.",
    ],
    isWaiting: true,
  }),
  unpaid: (returned, { canceled }) => ({
    mark: mark("info", "→"),
    title: canceled ? "You left the checkout" : "Your payment is not complete",
    says: [
      ...(returned.purchase.problem === null ? [] : [returned.purchase.problem]),
      "Nothing was charged, and no credits were added.",
    ],
    actions: [continuePaying(returned), backToMerchant(returned)],
  }),
  failed: (returned) => ({
    mark: mark("bad", "!"),
    title: "The payment did not go through",
    says: [
      ...(returned.purchase.problem === null ? [] : [returned.purchase.problem]),
      "No credits were added. Start again with another card or another way to pay.",
    ],
    actions: [backToMerchant(returned)],
  }),
  expired: (returned) => ({
    mark: mark("warn", "!"),
    title: "This checkout has expired",
    says: [
      `It was not paid in time, so nothing was charged. Choose the credits again at ${returned.project.name}.`,
    ],
    actions: [backToMerchant(returned)],
  }),
  canceled: (returned) => ({
    mark: mark("warn", "!"),
    title: "The payment was canceled",
    says: [
      `Nothing was charged, and no credits were added. Choose the credits again at ${returned.project.name}.`,
    ],
    actions: [backToMerchant(returned)],
  }),
  quarantined: (returned) => ({
    mark: mark("warn", "!"),
    title: "Your payment needs a look",
    says: [
      html`Your payment arrived but needs a look by <strong>${returned.project.name}</strong> before the credits are added. You were not charged twice.`,
      html`If you write to them, give this reference: <code>${referenceOf(returned)}</code>`,
    ],
  }),
};

function takenBack({ reversed }: Purchase): string {
  return `${creditsInWords(reversed)} ${reversed === microPerCredit ? "was" : "were"} taken back`;
}

function referenceOf({ purchase }: ReturnedCheckout): string {
  return publicId("purchase", purchase.id);
}

/** A reference is for telling others, so only once the id opens nothing by itself; and once is enough. */
function isReferable({ state }: ReturnedCheckout): boolean {
  return state !== "unpaid" && state !== "confirming" && state !== "quarantined";
}

function continuePaying({ purchase }: ReturnedCheckout): Html | false {
  if (purchase.checkoutUrl === null) return false;
  return html`<a class="button" href="${purchase.checkoutUrl}">Continue to payment</a>`;
}

/** An address that was checked against the project's origins when the checkout was started. */
function backToMerchant({ purchase, project }: ReturnedCheckout): Html | false {
  if (purchase.cancelUrl === null) return false;
  return html`<a class="button quiet" href="${purchase.cancelUrl}">Back to ${project.name}</a>`;
}

/** An address of the wallet is its key, so that this page has none to show to who has not paid. */
function wayBackToWallet({ leadsToWalletPage, walletUrl }: ReturnedCheckout): Html | false {
  if (!leadsToWalletPage || walletUrl !== undefined) return false;
  return html`<p class="soft small">To see your wallet: Go back to the link you came from.</p>`;
}

function nextRefresh(visit: ReturnVisit): PageContent["refresh"] {
  if (visit.refreshes >= refreshesMax) return undefined;
  return { afterSeconds: refreshSeconds, url: pageUrl(visit, visit.refreshes + 1) };
}

function waitingNote(visit: ReturnVisit): Html {
  return visit.refreshes < refreshesMax
    ? html`<p class="soft small" role="status">This page checks again every ${refreshSeconds} seconds.</p>`
    : html`<p class="soft small" role="status">This page has stopped checking. <a href="${pageUrl(visit, 0)}">Check again</a></p>`;
}

/** This page itself, as an address relative to it. */
function pageUrl({ sessionId, canceled }: ReturnVisit, refreshes: number): string {
  const query = new URLSearchParams();
  if (sessionId !== undefined) query.set("session_id", sessionId);
  if (canceled) query.set("canceled", "true");
  if (refreshes > 0) query.set("refreshes", String(refreshes));
  return `?${query.toString()}`;
}
