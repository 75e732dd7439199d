import type { RefusalCode } from "../kernel/refusals.js";
import { problemPage, type RefusalPage } from "../platform/http/problem-page.js";

interface Words {
  readonly title?: string;
  readonly detail: string;
}

/** Refusals speak to developers; these sentences say the same to their customers. */
const plainWords: Readonly<Partial<Record<RefusalCode, Words>>> = {
  too_many_requests: { detail: "Wait a few seconds, then load this page again." },
  unavailable: {
    title: "This takes longer than it should",
    detail: "Nothing was lost. Wait a few seconds, then load this page again.",
  },
  wallet_busy: {
    title: "Another change is in progress",
    detail: "Wait a few seconds, then load this page again.",
  },
  stripe_unavailable: {
    title: "The payment service does not answer",
    detail: "Nothing was charged. Go back and try again in a moment.",
  },
  stripe_refused: {
    title: "The payment could not be started",
    detail: "Nothing was charged. The seller has to look at their payment settings first.",
  },
  stripe_not_connected: {
    title: "Nothing can be bought here yet",
    detail: "Nothing was charged. The seller has not set up payments.",
  },
  pack_not_available: {
    title: "This pack is no longer on sale",
    detail: "Nothing was charged. Go back to your wallet and choose another one.",
  },
  internal: {
    title: "Something went wrong on our side",
    detail: "Nothing was lost. Load this page again, and tell the seller if it stays like this.",
  },
};

const goBack: Words = { detail: "Go back to the page before and try again from there." };

/** A page that refuses with the words of its own first, then with the plain ones. */
function refusesWith(own: Readonly<Partial<Record<RefusalCode, Words>>>): RefusalPage {
  return (refusal, requestId) =>
    problemPage(refusal, requestId, own[refusal.code] ?? plainWords[refusal.code] ?? goBack);
}

export const returnRefusalPage = refusesWith({
  not_found: {
    title: "There is no such checkout",
    detail:
      "The address is wrong or incomplete. If you have paid, your credits are added all the same: nothing depends on this page.",
  },
});

export const walletRefusalPage = refusesWith({
  unauthenticated: {
    title: "This link does not work any more",
    detail:
      "Links to a wallet work for a limited time. Go back to the app that you came from and open your wallet again. Your credits are safe.",
  },
  not_found: {
    title: "This pack is no longer on sale",
    detail: "Nothing was charged. Go back to your wallet and choose another one.",
  },
});
