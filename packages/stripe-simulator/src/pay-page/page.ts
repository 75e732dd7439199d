import type { SessionRecord } from "../resources/checkout-session.js";
import { shownNumber, shownText } from "../store/record-base.js";
import { formatMoney } from "./format-money.js";
import { escapeHtml, renderDocument } from "./html.js";

/** The test cards that the page offers. */
export const cardChoices = [
  { value: "paid", name: "4242 4242 4242 4242", says: "Pays at once" },
  { value: "declined", name: "4000 0000 0000 0002", says: "Is declined" },
  { value: "delayed_succeeds", name: "Bank debit ··6789", says: "Pays later, then succeeds" },
  { value: "delayed_fails", name: "Bank debit ··1116", says: "Pays later, then fails" },
] as const;

/** What the page shows besides the session itself. */
export interface PageDetails {
  readonly merchant: string;
  readonly error: string | null;
  /** The card that was chosen before, so that a second try starts there. */
  readonly chosen: string;
}

function lines(session: SessionRecord): string {
  const items = session.lines.map((line) => {
    const name = line.quantity > 1 ? `${line.description} × ${line.quantity}` : line.description;
    const price = formatMoney(line.amountSubtotal, session.currency);
    return `<li><span>${escapeHtml(name)}</span><span>${escapeHtml(price)}</span></li>`;
  });
  if (session.amountDiscount > 0) {
    const off = formatMoney(-session.amountDiscount, session.currency);
    items.push(`<li><span>Discount</span><span>${escapeHtml(off)}</span></li>`);
  }
  return `<ul class="lines">${items.join("")}</ul>`;
}

function choices(chosen: string): string {
  const options = cardChoices.map(
    (card) =>
      `<label class="choice"><input type="radio" name="card" value="${card.value}"${
        card.value === chosen ? " checked" : ""
      }><span>${card.name}<small>${card.says}</small></span></label>`,
  );
  return `<fieldset><legend>Test card</legend>${options.join("")}</fieldset>`;
}

function away(session: SessionRecord): string {
  if (session.cancelUrl === null) return "";
  return `<a class="away" href="${escapeHtml(session.cancelUrl)}">Cancel</a>`;
}

function header(session: SessionRecord, merchant: string): string {
  const amount = formatMoney(
    shownNumber(session, "amount_total", session.amountTotal),
    shownText(session, "currency", session.currency),
  );
  const title = session.lines.length === 1 ? (session.lines[0]?.description ?? "") : "Your order";
  return `<p class="merchant">${escapeHtml(merchant)}</p><h1>${escapeHtml(title)}</h1><p class="amount">${escapeHtml(amount)}</p>`;
}

/** The page on which an open session is paid. */
export function renderPayPage(session: SessionRecord, details: PageDetails): string {
  const free = session.amountTotal === 0;
  const error =
    details.error === null ? "" : `<p class="error" role="alert">${escapeHtml(details.error)}</p>`;
  const promotion =
    session.allowPromotionCodes === true && session.discounts.length === 0
      ? '<label>Promotion code<input type="text" name="promotion_code" maxlength="100" autocomplete="off"></label>'
      : "";
  const label = free ? "Complete order" : "Pay";
  return renderDocument(
    `Pay ${details.merchant}`,
    `${header(session, details.merchant)}${lines(session)}${error}<form method="post" action="/c/pay/${escapeHtml(session.id)}">${promotion}${free ? "" : choices(details.chosen)}<button type="submit">${label}</button></form>${away(session)}`,
  );
}

/** The page of a session that can no longer be paid. */
export function renderClosedPage(session: SessionRecord, merchant: string): string {
  const complete = session.status === "complete";
  const title = complete ? "This payment is complete" : "This checkout has expired";
  const body = complete
    ? "You have already completed this checkout. Nothing more will be charged."
    : "The checkout session is no longer open. Go back to the shop and start again.";
  return renderDocument(
    title,
    `<p class="merchant">${escapeHtml(merchant)}</p><h1>${title}</h1><p>${body}</p>${complete ? "" : away(session)}`,
  );
}

/** The page for an id that no session has. */
export function renderUnknownPage(): string {
  return renderDocument(
    "Not found",
    "<h1>There is no such checkout</h1><p>The link may be cut off, or the simulator was started anew.</p>",
  );
}
