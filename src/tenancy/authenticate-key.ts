import { LRUCache } from "lru-cache";
import type { Context } from "../platform/context.js";
import type { Principal } from "../platform/http/principal.js";
import { apiKeyMode } from "./rules.js";
import { findApiKeyByHashes, findProject, touchApiKey } from "./store.js";

/** Half of the promised second, so that a revoked key is out in every process in time. */
const cacheTtlMs = 500;
const cacheKeysMax = 10_000;

type Known = { readonly principal: Principal | undefined };

/**
 * Answers who a key belongs to, or `undefined` for unknown, revoked and malformed keys. The key is looked up by its
 * HMAC, so neither the query nor its timing tells anything about stored keys. Answers are kept for half a second.
 */
export function createAuthenticator(
  ctx: Pick<Context, "db" | "vault" | "log">,
): (key: string) => Promise<Principal | undefined> {
  const cache = new LRUCache<string, Known>({
    max: cacheKeysMax,
    ttl: cacheTtlMs,
    fetchMethod: async (_name, _stale, { context: key }) => ({
      principal: await lookUp(ctx, String(key)),
    }),
  });
  return async (key) => {
    if (apiKeyMode(key) === undefined) return undefined;
    const name = ctx.vault.digest(key).hash.toString("base64");
    return (await cache.fetch(name, { context: key }))?.principal;
  };
}

async function lookUp(
  ctx: Pick<Context, "db" | "vault" | "log">,
  key: string,
): Promise<Principal | undefined> {
  const hashes = ctx.vault.digests(key).map(({ hash }) => hash);
  const row = await findApiKeyByHashes(ctx.db, hashes);
  if (row === undefined || row.revokedAt !== null) return undefined;
  const project = await findProject(ctx.db, row.projectId);
  if (project === undefined || project.mode !== apiKeyMode(key)) return undefined;
  touchApiKey(ctx.db, row.id).catch((error: unknown) =>
    ctx.log.warn({ error }, "the time a key was last used could not be kept"),
  );
  return {
    projectId: row.projectId,
    mode: project.mode,
    keyId: row.id,
    scopes: new Set(row.scopes),
  };
}
