import type { RefusalWords } from "./refusal-words.js";

const topUp = {
  url: "https://credits.example.com/wallet/wlt1.eyJ3IjoiMDFrMngzdjlnN2Y2In0",
  expiresAt: "2026-01-31T13:00:00.000Z",
};

/** Refusals to spend, set aside or give credits. */
export const aboutCredits = {
  insufficient_credits: {
    happened: "The wallet has fewer credits available than this takes. Nothing was taken.",
    fix: "Send the customer to `topUp.url`, or start a checkout, and try again once it is paid. `shortBy` says how many are missing.",
    example: {
      detail:
        "The wallet has 7.5 credits available and this takes 20. Buy or grant more, or take less.",
      extra: { available: 7.5, required: 20, shortBy: 12.5, topUp },
    },
  },
  wallet_frozen: {
    happened: "An operator has frozen the wallet. Nothing is spent and no hold is placed.",
    fix: "Find out why before unfreezing it with `POST /v1/wallets/{customerId}/unfreeze`. Open holds can still be captured.",
    example: {
      detail: "An operator has frozen this wallet. Nothing is spent from it until it is unfrozen.",
    },
  },
  wallet_in_debt: {
    happened: "The wallet owes credits, for usage or for a payment that was taken back.",
    fix: "Send the customer to `topUp.url`: the next credits pay the debt first.",
    example: {
      detail: "The wallet owes 30 credits. Buy or grant more: they pay the debt first.",
      extra: { available: 0, debt: 30, required: 5, shortBy: 35, topUp },
    },
  },
  debt_limit: {
    happened: "The rate card lets a wallet owe up to a limit, and this would go beyond it.",
    fix: "Send the customer to `topUp.url`, or raise the limit in the rate card.",
    example: {
      detail: "The wallet may owe 50 credits and owes 48. Buy or grant more.",
      extra: { available: 0, debt: 48, debtLimit: 50, required: 5, shortBy: 3, topUp },
    },
  },
  wallet_spend_limit: {
    happened: "The wallet has spent what it may in this minute, day or month (UTC).",
    fix: "Wait until `resetsAt`, or raise the limit with `PUT /v1/wallets/{customerId}/spend-limits`.",
    example: {
      detail:
        "This wallet may spend 400 credits per day (UTC) and has spent 396. Wait for the next day, or raise the limit.",
      extra: {
        period: "day",
        limit: 400,
        spent: 396,
        required: 5,
        resetsAt: "2026-02-01T00:00:00.000Z",
      },
    },
  },
  key_spend_limit: {
    happened:
      "This API key or agent token has spent what it may in this minute, day or month (UTC).",
    fix: "Wait until `resetsAt`, or raise the limit of an API key with `PUT /v1/api-keys/{keyId}/spend-limits`. An agent token's budget is fixed: make another token.",
    example: {
      detail:
        "This API key may spend 10000 credits per day (UTC) and has spent 9998. Wait for the next day, or raise the limit.",
      extra: {
        period: "day",
        limit: 10_000,
        spent: 9_998,
        required: 5,
        resetsAt: "2026-02-01T00:00:00.000Z",
      },
    },
  },
  agent_budget: {
    happened:
      "An agent token would take more than its budget allows: with one event, hold or capture (`perCall`), or in all (`total`). Nothing was taken.",
    fix: "Take at most `remaining`, or release holds that are not needed: what they give back counts no more. Otherwise make another token with `POST /v1/agent-tokens`; a budget is fixed.",
    example: {
      detail:
        "This agent token may take 100 credits in all and has 4 left, and this takes 12. Release holds that are not needed, take less, or ask whoever made it for another token.",
      extra: { budget: "total", limit: 100, spent: 96, remaining: 4, required: 12 },
    },
  },
  unknown_event: {
    happened: "The rate card in force has no price for an event of this name.",
    fix: "Correct the name, or add the event with `PUT /v1/rate-card`.",
    example: {
      param: "event",
      detail:
        "Version 3 of the rate card does not price chat.answer. Add it with PUT /v1/rate-card, or correct the name.",
    },
  },
  unpriceable_event: {
    happened: "The price depends on something that the event lacks, or that is no plain number.",
    fix: "`param` names it: send it with the event, as 0 if there was none.",
    example: {
      param: "properties.outputTokens",
      detail:
        "chat.reply is priced by properties.outputTokens, which is missing. Send it, as 0 if there was none.",
    },
  },
  usage_id_conflict: {
    happened: "An event with this id was accepted before, and it says something else.",
    fix: "Give each event an id of its own. Repeat an event with the same content, also in a retry.",
    example: {
      param: "id",
      detail:
        "An event with this id says something else. Give each event an id of its own; repeat an event with the same content.",
      extra: { eventId: "use_01k2x3v9g7f6q8r5s4t3w2y1z0" },
    },
  },
  usage_backlog: {
    happened: "Usage arrives faster than it is applied, so no more is taken for the moment.",
    fix: "Keep the events and send them again after `Retry-After`, under the same ids. An operator adds workers.",
    example: {
      detail:
        "Usage accepted 75 s ago is not applied yet, and 60 s is the limit. Keep these events and send them again later, under the same ids.",
    },
  },
  project_paused: {
    happened: "A check of the books found something wrong, so nothing is spent or held meanwhile.",
    fix: "Send it again later, under the same id or Idempotency-Key. An operator runs `chargly doctor`. Usage without `Prefer: wait` is still accepted.",
    example: {
      detail:
        "An invariant of this project's books is broken, so nothing is spent or held until an operator has looked (chargly doctor, chargly projects resume). Usage without Prefer: wait is accepted and will be applied then. Send this again later, under the same id or Idempotency-Key.",
    },
  },
  hold_not_open: {
    happened: "The hold was captured, released or has expired; `state` says which.",
    fix: "Place another hold for what is still to be done.",
    example: {
      detail: "This hold has expired, and what was left went back. Place another one.",
      extra: { state: "expired" },
    },
  },
  hold_exceeded: {
    happened: "The hold has fewer credits left than this takes, and may not take more.",
    fix: "Capture at most what `held` says, or place holds with `overCapture: upToAvailable`.",
    example: {
      param: "credits",
      detail:
        "The hold has 7.5 credits left. Capture at most that, or place holds that may take more (overCapture).",
      extra: { held: 7.5, required: 12.5, shortBy: 5 },
    },
  },
  hold_limit: {
    happened: "The wallet has as many open holds as a wallet may have.",
    fix: "Capture or release some first. Holds that nobody ends expire by themselves.",
    example: {
      detail: "A wallet has at most 100 open holds. Capture or release one first.",
      extra: { openHolds: 100 },
    },
  },
  quote_expired: {
    happened: "The quote was good until a time that is over.",
    fix: "Ask for another quote, and show the customer its price.",
    example: {
      param: "quoteId",
      detail: "The quote was good until 2026-01-31T12:00:00.000Z. Ask for another quote.",
    },
  },
  quote_redeemed: {
    happened: "The quote has paid for a hold or an event already.",
    fix: "A quote is good once. Ask for another one.",
    example: {
      param: "quoteId",
      detail: "A quote is good for one hold or event. Ask for another quote.",
    },
  },
  preview_outdated: {
    happened:
      "Credits are given in two steps, and what the preview said is no longer so: its ten minutes are over, the wallet owes another debt, or it was frozen or unfrozen. Nothing was given.",
    fix: "Ask for a new preview, look at it, and confirm that.",
    example: {
      detail: "The time to confirm the preview is over. Nothing was given. Ask for a new preview.",
    },
  },
  balance_limit: {
    happened: "The wallet would reach 1,000,000,000 credits, which no wallet holds.",
    fix: "Grant fewer credits, or let the wallet spend some first.",
    example: { detail: "A wallet holds less than 1000000000 credits. Grant less." },
  },
} as const satisfies Record<string, RefusalWords>;
