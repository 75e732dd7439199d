import type { Chargly } from "@chargly/sdk";

/** Who a server acts for. It decides which tools there are, and never what may be done: that the API decides. */
export type Identity =
  /** An agent's token: one wallet, and the tools that it names. */
  | {
      readonly kind: "agent";
      readonly customerId: string;
      readonly tools: ReadonlySet<string>;
    }
  /** An operator's token: a project, and the tools that it names. */
  | { readonly kind: "operator"; readonly tools: ReadonlySet<string> }
  /** A secret key, acting for one customer. */
  | { readonly kind: "secret"; readonly customerId: string };

/** What the tools of a wallet act with. */
export interface WalletAccess {
  readonly chargly: Chargly;
  /** The token's. No tool takes one: there is no other wallet. */
  readonly customerId: string;
  readonly kind: "agent" | "secret";
}

/** What the tools of operators act with: a whole project. */
export interface OperatorAccess {
  readonly chargly: Chargly;
}
