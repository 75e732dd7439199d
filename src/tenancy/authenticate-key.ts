import { LRUCache } from "lru-cache";
import { readWalletById } from "../ledger/read-wallet.js";
import type { Context } from "../platform/context.js";
import type { Authenticate, EndedKey, Principal } from "../platform/http/principal.js";
import type { ApiKeyRow } from "./models.js";
import { keyFormOf, type ProjectMode } from "./rules.js";
import { findApiKeyByHashes, findKeyInForce, touchApiKey } from "./store/keys.js";
import { findProject } from "./store/projects.js";

/** Half of the promised second, so that a revoked or expired key is out in every process in time. */
const cacheTtlMs = 500;
const cacheKeysMax = 10_000;

type Known = { readonly answer: Principal | EndedKey | undefined };

/**
 * Answers who a key belongs to, that it has ended, or `undefined` for unknown and malformed keys. The key is looked up by
 * its HMAC, so neither the query nor its timing tells anything about stored keys. Answers are kept for half a second.
 * Whether a token has expired is told by the database's clock, and so up to half a second late; the ledger asks again
 * in the transaction that spends.
 */
export function createAuthenticator(ctx: Pick<Context, "db" | "vault" | "log">): Authenticate {
  const cache = new LRUCache<string, Known>({
    max: cacheKeysMax,
    ttl: cacheTtlMs,
    fetchMethod: async (_name, _stale, { context: key }) => ({
      answer: await lookUp(ctx, String(key)),
    }),
  });
  return async (key) => {
    if (keyFormOf(key) === undefined) return undefined;
    const name = ctx.vault.digest(key).hash.toString("base64");
    return (await cache.fetch(name, { context: key }))?.answer;
  };
}

async function lookUp(
  ctx: Pick<Context, "db" | "vault" | "log">,
  key: string,
): Promise<Principal | EndedKey | undefined> {
  const hashes = ctx.vault.digests(key).map(({ hash }) => hash);
  const row = await findKeyInForce(ctx.db, hashes);
  if (row === undefined) return endedKey(ctx, hashes);
  if (row.kind !== keyFormOf(key)?.kind) return undefined;
  const project = await findProject(ctx.db, row.projectId);
  if (project === undefined || project.mode !== keyFormOf(key)?.mode) return undefined;
  const principal = await principalOf(ctx, row, project.mode);
  touchApiKey(ctx.db, row.id).catch((error: unknown) =>
    ctx.log.warn({ error }, "the time a key was last used could not be kept"),
  );
  return principal;
}

/** Of a key that is not in force. */
async function endedKey(
  { db }: Pick<Context, "db">,
  hashes: readonly Buffer[],
): Promise<EndedKey | undefined> {
  const row = await findApiKeyByHashes(db, hashes);
  if (row === undefined) return undefined;
  return { kind: "ended", because: row.revokedAt === null ? "expired" : "revoked" };
}

async function principalOf(
  { db }: Pick<Context, "db">,
  row: ApiKeyRow,
  mode: ProjectMode,
): Promise<Principal | undefined> {
  const { projectId, id: keyId, kind, walletId } = row;
  const bearer = { projectId, mode, keyId, scopes: new Set(row.scopes) };
  if (kind === "secret") return { ...bearer, kind };
  const tools = new Set(row.tools);
  if (kind === "operator") return { ...bearer, kind, tools };
  const wallet = walletId === null ? undefined : await readWalletById(db, projectId, walletId);
  if (wallet === undefined) return undefined;
  return { ...bearer, kind, tools, walletId: wallet.id, customerId: wallet.customerId };
}
