import { present } from "../kernel/assert.js";
import { readTokenBudget } from "../limits/read-token-budget.js";
import type { TokenBudget } from "../limits/rules.js";
import type { Database } from "../platform/db/connect.js";
import type { Principal } from "../platform/http/principal.js";
import { readApiKey } from "../tenancy/list-api-keys.js";
import { readToken } from "../tenancy/read-tokens.js";

/** What whoever asks cannot know by the key alone. */
export interface Bearer {
  readonly name: string;
  /** What is left to an agent; `null` for others. */
  readonly budget: TokenBudget | null;
  /** `null` for secret keys, which do not expire. */
  readonly expiresAt: Date | null;
}

/** Who asks, as far as it is stored. */
export async function readBearer(
  db: Database,
  { kind, projectId, keyId }: Principal,
): Promise<Bearer> {
  if (kind === "secret") {
    const key = present(await readApiKey({ db }, projectId, keyId), "a key is never deleted");
    return { name: key.name, budget: null, expiresAt: null };
  }
  const { name, expiresAt } = await readToken(db, projectId, keyId);
  const budget = kind === "agent" ? await readTokenBudget(db, keyId) : null;
  return { name, budget, expiresAt };
}
