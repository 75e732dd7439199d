import type { ApiKeyId, ProjectId, WalletId } from "../../kernel/ids.js";

/** What every bearer has: one key of one project, in one mode. A test key never sees what is live, nor the other way round. */
interface Bearer {
  readonly projectId: ProjectId;
  readonly mode: "test" | "live";
  readonly keyId: ApiKeyId;
  readonly scopes: ReadonlySet<string>;
}

/** An application's backend, which acts for all customers of its project. */
export interface SecretKeyPrincipal extends Bearer {
  readonly kind: "secret";
}

/** An agent, which acts for one wallet and no other. */
export interface AgentPrincipal extends Bearer {
  readonly kind: "agent";
  readonly walletId: WalletId;
  /** Whose wallet it is: the caller's own id of the customer. */
  readonly customerId: string;
  /** Names of the tools that it may use. */
  readonly tools: ReadonlySet<string>;
}

/** An operator's agent, which looks after a whole project and spends nothing. */
export interface OperatorPrincipal extends Bearer {
  readonly kind: "operator";
  readonly tools: ReadonlySet<string>;
}

/** Who asks. */
export type Principal = SecretKeyPrincipal | AgentPrincipal | OperatorPrincipal;

/** A key that was somebody's once. Whoever sends it does not guess. */
export interface EndedKey {
  readonly kind: "ended";
  readonly because: "expired" | "revoked";
}

/** Looks a key up. `undefined` for every key that is unknown or malformed; throws only when it cannot tell. */
export type Authenticate = (bearer: string) => Promise<Principal | EndedKey | undefined>;
