import type { Credits } from "../kernel/credits.js";
import type { ApiKeyId, CaptureId, HoldId, ProjectId, QuoteId } from "../kernel/ids.js";
import type { OverCapture } from "../ledger/decide.js";
import type { HoldOfWallet } from "../ledger/read-hold.js";
import type { Idempotency } from "../platform/http/idempotency/idempotency.js";
import type { JsonReply } from "../platform/http/reply.js";

export interface PlaceOrder {
  readonly customerId: string;
  /** Exactly one of these two says how much. */
  readonly credits?: Credits | undefined;
  readonly quoteId?: QuoteId | undefined;
  /** By the database's clock. */
  readonly expiresInSeconds: number;
  readonly overCapture: OverCapture;
  readonly description: string | null;
}

export interface CaptureOrder {
  readonly holdId: HoldId;
  readonly credits: Credits;
  /** Gives back at once what is left after it. */
  readonly close: boolean;
}

export interface ReleaseOrder {
  readonly holdId: HoldId;
}

/** What was spent, and the hold after it. */
export interface CapturedHold extends HoldOfWallet {
  readonly id: CaptureId;
  /** What was taken, from the hold and from what was available. */
  readonly taken: Credits;
  /** What was asked for and could not be taken. */
  readonly shortfall: Credits;
}

interface Call<Act extends string, Order, Done> {
  readonly projectId: ProjectId;
  /** The key that asks. A hold that it places counts for its spend limits. */
  readonly apiKeyId: ApiKeyId;
  readonly idempotency: Idempotency | undefined;
  readonly act: Act;
  readonly order: Order;
  /** How its end is told. */
  readonly answer: (done: Done) => JsonReply;
}

export type PlaceCall = Call<"place", PlaceOrder, HoldOfWallet>;
export type CaptureCall = Call<"capture", CaptureOrder, CapturedHold>;
export type ReleaseCall = Call<"release", ReleaseOrder, HoldOfWallet>;
/** One request about a hold. */
export type HoldCall = PlaceCall | CaptureCall | ReleaseCall;
