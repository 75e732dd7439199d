/** What the storm's project sells and charges. Credits are whole here; the journals tell them in micro-credits. */

export const packs = [
  { code: "small-100", credits: 100, amountMinor: 300 },
  { code: "starter-500", credits: 500, amountMinor: 999 },
] as const;

/** One event for each way of treating a wallet that cannot cover it. */
export const rateCard = {
  events: {
    "chat.reply": { price: { type: "flat", credits: "1" } },
    "image.generate": { price: { type: "quantity", credits: "2.5", per: 1 } },
    "video.render": {
      price: { type: "quantity", credits: "1", per: 1 },
      shortfall: { policy: "upToAvailable" },
    },
    "agent.run": {
      price: { type: "quantity", credits: "1", per: 1 },
      shortfall: { policy: "debt", limit: "25" },
    },
  },
} as const;

export type EventName = keyof typeof rateCard.events;

/** What is in the journal beside an event, so that the checker needs no rate card. */
export const policies: Readonly<
  Record<EventName, { readonly policy: string; readonly debtLimit?: number }>
> = {
  "chat.reply": { policy: "reject" },
  "image.generate": { policy: "reject" },
  "video.render": { policy: "upToAvailable" },
  "agent.run": { policy: "debt", debtLimit: 25_000_000 },
};

const microPerUnit: Readonly<Record<EventName, number>> = {
  "chat.reply": 1_000_000,
  "image.generate": 2_500_000,
  "video.render": 1_000_000,
  "agent.run": 1_000_000,
};

/** The price in micro-credits. */
export function priceOf(event: EventName, quantity: number): number {
  return event === "chat.reply" ? microPerUnit[event] : microPerUnit[event] * quantity;
}
