import { randomBytes } from "node:crypto";
import { catalogueRoutes } from "../../src/catalogue/routes.js";
import type { Clock } from "../../src/kernel/clock.js";
import { createAuthenticator } from "../../src/tenancy/authenticate-key.js";
import { createApiKey } from "../../src/tenancy/create-api-key.js";
import { createProject } from "../../src/tenancy/create-project.js";
import { type ProjectMode, type Scope, scopes } from "../../src/tenancy/rules.js";
import { createLog } from "../../src/platform/log/create-log.js";
import { createVault, type Vault } from "../../src/platform/vault/vault.js";
import { grantPreviewRoutes } from "../../src/wallets/grant-previews/routes.js";
import { walletRoutes } from "../../src/wallets/routes.js";
import { type FreshDatabase, freshDatabase } from "../support/database.js";
import { type Answer, startWeb, type Web } from "../platform/http/web.js";

export const masterKey = (id: string) => ({ id, bytes: randomBytes(32) });

/** Wallets and packs over HTTP, with the real authenticator on a real database. */
export interface Api extends FreshDatabase {
  readonly vault: Vault;
  readonly clock: Clock & { nowMs: () => number };
  readonly web: Web;
  /** Another instance of the app on the same database, as a second web process would be. */
  readonly startAnother: () => Promise<Web>;
  readonly tenant: (mode?: ProjectMode, granted?: readonly Scope[]) => Promise<Tenant>;
  /** Everything that the API can write, as text: equal before and after means that nothing was written. */
  readonly written: () => Promise<string>;
  readonly close: () => Promise<void>;
}

/** A project with a key of its own. */
export interface Tenant {
  readonly project: Awaited<ReturnType<typeof createProject>>;
  readonly key: Awaited<ReturnType<typeof createApiKey>>;
  readonly get: (path: string) => Promise<Answer>;
  readonly send: (
    method: "POST" | "PUT",
    path: string,
    body: unknown,
    headers?: Record<string, string>,
  ) => Promise<Answer>;
}

export const publicUrl = "https://credits.example.com";

export async function startApi(): Promise<Api> {
  const fresh = await freshDatabase();
  const vault = createVault([masterKey("k1")]);
  const clock = { nowMs: () => Date.now() };
  const log = createLog({ level: "silent", name: "api" });
  const ctx = { db: fresh.db, vault, clock, publicUrl, log };
  const start = () =>
    startWeb([...walletRoutes, ...grantPreviewRoutes, ...catalogueRoutes], ctx, {
      authenticate: createAuthenticator(ctx),
    });
  const web = await start();
  const others: Web[] = [];
  return {
    ...fresh,
    vault,
    clock,
    web,
    startAnother: async () => {
      const another = await start();
      others.push(another);
      return another;
    },
    tenant: async (mode = "test", granted = scopes) => newTenant(ctx, web, mode, granted),
    written: () => dump(fresh, writable),
    close: async () => {
      for (const each of [web, ...others]) await each.close();
      await fresh.drop();
    },
  };
}

async function newTenant(
  ctx: Parameters<typeof createApiKey>[0],
  web: Web,
  mode: ProjectMode,
  granted: readonly Scope[],
): Promise<Tenant> {
  const wanted = { name: `shop-${randomBytes(6).toString("hex")}`, mode, allowedOrigins: [] };
  const project = await createProject(ctx, wanted, "cli:test");
  const key = await createApiKey(ctx, project, { name: "backend", scopes: granted }, "cli:test");
  const authorization = `Bearer ${key.secret}`;
  return {
    project,
    key,
    get: (path) => web.get(path, { headers: { authorization } }),
    send: (method, path, body, headers = {}) =>
      web.post(path, body, { method, headers: { authorization, ...headers } }),
  };
}

const writable = ["wallets", "lots", "transfers", "credit_packs", "idempotency_keys", "audit_log"];

/** Every row of the tables (of all tables when none are named), one a line; bytes as hexadecimal digits. */
export async function dump(
  { db }: Pick<FreshDatabase, "db">,
  tables?: readonly string[],
): Promise<string> {
  const names =
    tables ?? (await db("pg_tables").where("schemaname", "public").orderBy(1).pluck("tablename"));
  const parts: string[] = [];
  for (const name of names) {
    const { rows } = await db.raw("select t::text as line from ?? t order by 1", [name]);
    parts.push(`# ${name}`, ...rows.map((row: { line: string }) => row.line));
  }
  return parts.join("\n");
}
