/** One usage event. Chargly applies the event of an id once, however often it is sent. */
export interface UsageEvent {
  /** Your own id of it, 1 to 128 visible ASCII characters: best a UUIDv7. Mandatory, as a job may run twice. */
  readonly id: string;
  /** Your own id of the customer, 1 to 255 visible characters. */
  readonly customerId: string;
  /** What was done, as the rate card names it: `chat.reply`. */
  readonly event: string;
  /** Its price, instead of the rate card's: credits with at most six decimals, as a number or a string of digits. */
  readonly credits?: number | string | undefined;
  /** How many, 0 to 1,000,000,000,000, with at most six decimals. */
  readonly quantity?: number | string | undefined;
  /** What the price depends on (`model`, `inputTokens`), and anything else worth keeping. At most 50. */
  readonly properties?: Readonly<Record<string, number | string>> | undefined;
  /** When it happened: ISO 8601 with `Z` or an offset. For reports only. */
  readonly at?: string | undefined;
  /** The hold that pays for it. */
  readonly holdId?: string | undefined;
  /** The quote whose price it has; not together with `credits`. */
  readonly quoteId?: string | undefined;
  /** Kept with the event, for you: at most 4,096 characters as JSON. */
  readonly metadata?: Readonly<Record<string, string | number | boolean | null>> | undefined;
}

/** The payload of a `usage.apply` job: 1 to 1,000 events of one project. */
export interface UsageApplyPayload {
  /** `prj_…` */
  readonly projectId: string;
  readonly events: readonly UsageEvent[];
}

/** Where the jobs go, and how they are put there. Chargly's own are put there alike. */
export const contract = {
  queue: "usage",
  job: "usage.apply",
  attempts: 20,
  redisPrefix: "chargly",
  postgresSchema: "bullmq",
  eventsPerJob: 1_000,
  charactersPerJob: 1_000_000,
  keepCompleted: { age: 3_600, count: 200 },
  keepFailed: { age: 7 * 86_400, count: 1_000 },
  queueEvents: 1_000,
} as const;
