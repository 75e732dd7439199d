import type { ApiKeyId, ProjectId } from "../../kernel/ids.js";

/** Who asks: one API key of one project, in one mode. A test key never sees what is live, nor the other way round. */
export interface Principal {
  readonly projectId: ProjectId;
  readonly mode: "test" | "live";
  readonly keyId: ApiKeyId;
  readonly scopes: ReadonlySet<string>;
}

/** Looks a key up. `undefined` for every key that is unknown, revoked or malformed; throws only when it cannot tell. */
export type Authenticate = (bearer: string) => Promise<Principal | undefined>;
