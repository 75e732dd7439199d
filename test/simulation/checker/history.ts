import { readJournals, type Journals } from "./journals.js";
import { type Ledger, readLedger } from "./ledger.js";
import { readStripe, type Stripe } from "./stripe.js";

/** All that is known of a run: what was meant and told, what is in the books, what Stripe says. */
export interface History {
  readonly journals: Journals;
  readonly ledger: Ledger;
  readonly stripe: Stripe;
}

export interface Sources {
  readonly journalFolder: string;
  readonly databaseUrl: string;
  readonly stripeUrl: string;
  readonly stripeKey: string;
  /** A folder for all that was found, to look at it again. */
  readonly keepIn?: string | undefined;
}

export async function gather(sources: Sources): Promise<History> {
  return {
    journals: await readJournals(sources.journalFolder),
    ledger: await readLedger(sources.databaseUrl),
    stripe: await readStripe(sources.stripeUrl, sources.stripeKey),
  };
}
