import type { Balance, CreditsOut } from "./wallets.js";

export interface Hold {
  readonly id: string;
  readonly customerId: string;
  readonly state: "open" | "captured" | "released" | "expired";
  /** What was set aside. */
  readonly credits: CreditsOut;
  readonly captured: CreditsOut;
  readonly released: CreditsOut;
  /** What can still be captured. */
  readonly left: CreditsOut;
  readonly overCapture: "reject" | "upToAvailable";
  readonly rateCardVersion: number | null;
  readonly description: string | null;
  readonly createdAt: string;
  readonly expiresAt: string;
  readonly endedAt: string | null;
}

export interface HoldWithBalance extends Hold {
  readonly balance: Balance;
}

export interface Capture {
  readonly id: string;
  readonly holdId: string;
  /** What was taken. */
  readonly credits: CreditsOut;
  /** What was asked for and could not be taken; only with `upToAvailable`. */
  readonly shortfall: CreditsOut;
  readonly hold: Hold;
  readonly balance: Balance;
}
