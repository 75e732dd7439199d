import type { IncomingMessage, ServerResponse } from "node:http";
import { withDiscount } from "../acts/apply-coupon.js";
import { keep } from "../acts/emit.js";
import { type Card, completeDelayed, currentSession, paySession } from "../acts/pay-session.js";
import { readBody } from "../http/read-body.js";
import { parseForm } from "../params/form.js";
import { isCouponValid } from "../resources/coupon.js";
import type { SessionRecord } from "../resources/checkout-session.js";
import { type Scene, type Simulation, sceneOf } from "../simulation.js";
import { renderClosedPage, renderPayPage, renderUnknownPage } from "./page.js";

/** Settles delayed payments after a while; `delayMs` is how long they take. */
export interface PageSurroundings {
  readonly simulation: Simulation;
  readonly delayMs: number;
}

interface Shown {
  readonly scene: Scene;
  readonly session: SessionRecord;
  readonly merchant: string;
}

function find(simulation: Simulation, id: string): Shown | undefined {
  const book = simulation.locate(id);
  const record = book?.find("checkout.session", id);
  if (!book || !record) return undefined;
  const scene = sceneOf(simulation, book);
  const merchant = simulation.accounts.get(book.accountId)?.displayName ?? "Merchant";
  return { scene, session: currentSession(scene, record), merchant };
}

function html(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
  });
  response.end(body);
}

/** The success address of a session, with its id filled in. */
export function successAddress(session: SessionRecord): string {
  return (session.successUrl ?? "/").replaceAll("{CHECKOUT_SESSION_ID}", session.id);
}

const cards: Readonly<Record<string, { card: Card; outcome: SessionRecord["delayedOutcome"] }>> = {
  paid: { card: "paid", outcome: null },
  declined: { card: "declined", outcome: null },
  delayed_succeeds: { card: "delayed", outcome: "succeeded" },
  delayed_fails: { card: "delayed", outcome: "failed" },
};

/** Answers `GET` and `POST /c/pay/:sessionId`. */
export async function answerPage(
  around: PageSurroundings,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? "").split("?")[0] ?? "";
  const shown = find(around.simulation, path.slice("/c/pay/".length));
  if (!shown) return html(response, 404, renderUnknownPage());
  const { session, merchant } = shown;
  if (session.status !== "open") return html(response, 200, renderClosedPage(session, merchant));
  if (request.method !== "POST") {
    return html(response, 200, renderPayPage(session, { merchant, error: null, chosen: "paid" }));
  }
  submit(around, shown, await readBody(request), response);
}

function submit(
  around: PageSurroundings,
  shown: Shown,
  body: string,
  response: ServerResponse,
): void {
  const form = parseForm(body);
  const chosen = typeof form["card"] === "string" ? form["card"] : "paid";
  const code = form["promotion_code"];
  const { scene, merchant } = shown;
  const discounted =
    typeof code === "string" && code !== "" ? applyCode(scene, shown.session, code) : shown.session;
  if (discounted === null) {
    const error = "This promotion code is invalid.";
    return html(response, 400, renderPayPage(shown.session, { merchant, error, chosen }));
  }
  const choice = (Object.hasOwn(cards, chosen) ? cards[chosen] : undefined) ?? cards["paid"];
  if (!choice) return;
  const result = paySession(scene, discounted, choice.card, choice.outcome);
  if (result.ended === "declined") {
    const { session, message: error } = result;
    return html(response, 402, renderPayPage(session, { merchant, error, chosen }));
  }
  if (result.ended === "closed")
    return html(response, 200, renderClosedPage(result.session, merchant));
  scheduleOutcome(around, scene, result.session);
  response.writeHead(303, { Location: successAddress(result.session) }).end();
}

function applyCode(scene: Scene, session: SessionRecord, text: string): SessionRecord | null {
  if (session.allowPromotionCodes !== true) return session;
  const code = scene.book.by("promotion_code", "code", text).find((candidate) => candidate.active);
  const coupon = scene.book.find("coupon", code?.coupon ?? "");
  if (!code || !coupon || !isCouponValid(coupon, scene.simulation.now())) return null;
  return keep(scene, withDiscount(session, { coupon, promotionCode: code.id }));
}

/** Lets a delayed payment come to its end by itself. */
export function scheduleOutcome(
  around: PageSurroundings,
  scene: Scene,
  session: SessionRecord,
): void {
  const outcome = session.delayedOutcome;
  if (outcome === null) return;
  const timer = setTimeout(() => {
    const current = scene.book.find("checkout.session", session.id);
    if (current) completeDelayed(scene, current, outcome);
  }, around.delayMs);
  timer.unref();
}
