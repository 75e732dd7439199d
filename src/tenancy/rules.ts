import type { ApiKeyId, ProjectId, WalletId } from "../kernel/ids.js";

const modes = ["test", "live"] as const;
export type ProjectMode = (typeof modes)[number];

export interface Project {
  readonly id: ProjectId;
  readonly name: string;
  readonly mode: ProjectMode;
  /** Origins that `successUrl` and `cancelUrl` may point to, such as `https://app.example.com`. */
  readonly allowedOrigins: readonly string[];
  readonly createdAt: Date;
  /** Since when usage is accepted and not applied; `null` while nothing is wrong with the books. */
  readonly pausedAt: Date | null;
  readonly pausedBecause: string | null;
}

/**
 * What a key may do. `wallets:adjust` gives and takes credits by hand, `wallets:control` freezes and limits,
 * `refunds:write` sends money back, so they belong to operators. `reports:read` tells what the whole project earns.
 * `operations:read` shows what differs from Stripe and what work failed, `operations:write` compares again and retries.
 * `usage:price` lets an event name its own cost instead of being priced by the rate card. `agents:write` hands out
 * tokens for agents, which can do no more than the key that made them.
 */
export const scopes = [
  "wallets:read",
  "wallets:adjust",
  "packs:read",
  "packs:write",
  "checkouts:read",
  "checkouts:write",
  "usage:read",
  "usage:write",
  "usage:price",
  "holds:read",
  "holds:write",
  "rates:read",
  "rates:write",
  "wallets:control",
  "reports:read",
  "refunds:write",
  "agents:write",
  "operations:read",
  "operations:write",
] as const;
export type Scope = (typeof scopes)[number];

const operatorScopes: ReadonlySet<Scope> = new Set([
  "wallets:adjust",
  "packs:write",
  "rates:write",
  "wallets:control",
  "reports:read",
  "refunds:write",
  "operations:read",
  "operations:write",
] as const);

/** For an application's backend: everything but giving credits and money away, changing prices, stopping wallets and revenue. */
export const applicationScopes: readonly Scope[] = scopes.filter(
  (scope) => !operatorScopes.has(scope),
);

const keyKinds = ["secret", "agent", "operator"] as const;
/**
 * `secret`: an application's backend. `agent`: bound to one wallet. `operator`: an operator's agent. The latter two are
 * tokens: they expire, and may use the named tools only.
 */
export type KeyKind = (typeof keyKinds)[number];
export type TokenKind = Exclude<KeyKind, "secret">;

export interface ApiKey {
  readonly id: ApiKeyId;
  readonly projectId: ProjectId;
  readonly name: string;
  /** The start and the last four characters: enough to recognise a key, useless to use it. */
  readonly hint: string;
  readonly scopes: readonly string[];
  readonly createdAt: Date;
  readonly lastUsedAt: Date | null;
  readonly revokedAt: Date | null;
}

/** A key of an agent or of an operator's agent. */
export interface Token extends ApiKey {
  readonly kind: TokenKind;
  /** An agent's one wallet, and whose it is; `null` for operators' tokens. */
  readonly walletId: WalletId | null;
  readonly customerId: string | null;
  /** Names of the tools that it may use. */
  readonly tools: readonly string[];
  readonly expiresAt: Date;
  /** Whether it had expired when it was read, by the database's clock. */
  readonly expired: boolean;
}

export const tokenStatuses = ["in_force", "expired", "revoked"] as const;
export type TokenStatus = (typeof tokenStatuses)[number];

export function tokenStatusOf({
  revokedAt,
  expired,
}: Pick<Token, "revokedAt" | "expired">): TokenStatus {
  if (revokedAt !== null) return "revoked";
  return expired ? "expired" : "in_force";
}

const keyPattern = /^chg_(?:(agent|operator)_)?(test|live)_[A-Za-z0-9]{32,128}$/;

/** What a key says of itself by how it begins. */
export interface KeyForm {
  readonly kind: KeyKind;
  readonly mode: ProjectMode;
}

/** `chg_test_`, `chg_agent_live_`, `chg_operator_test_`. */
export function keyPrefix({ kind, mode }: KeyForm): string {
  return kind === "secret" ? `chg_${mode}_` : `chg_${kind}_${mode}_`;
}

/** The kind and mode that a key claims, or `undefined` for text that cannot be one of our keys. */
export function keyFormOf(key: string): KeyForm | undefined {
  const [, named = "secret", claimed] = keyPattern.exec(key) ?? [];
  const kind = keyKinds.find((each) => each === named);
  const mode = modes.find((each) => each === claimed);
  return kind === undefined || mode === undefined ? undefined : { kind, mode };
}

/** `chg_test_…3f9a`, `chg_agent_test_…07b1` or `sk_live_…Zk2x`: the kind of a secret and its last four characters. */
export function secretHint(secret: string): string {
  const kind = /^[a-z]+_(?:(?:agent|operator)_)?(?:(?:test|live)_)?/.exec(secret)?.[0] ?? "";
  return `${kind}…${secret.slice(-4)}`;
}

/** The mode that a Stripe key belongs to: `sk_test_…`, `rk_live_…`. */
export function stripeKeyMode(secretKey: string): ProjectMode | undefined {
  const mode = /^(?:sk|rk)_(test|live)_/.exec(secretKey)?.[1];
  return mode === "test" || mode === "live" ? mode : undefined;
}

const loopbackHosts = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** An origin in its canonical form, or `undefined`: https, or http on loopback in a test project. */
export function canonicalOrigin(text: string, mode: ProjectMode): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "" || url.username !== "")
    return undefined;
  return isAllowedScheme(url, mode) ? url.origin : undefined;
}

/** Whether a browser may be sent there after paying: same scheme, host and port as an allowed origin. */
export function isAllowedUrl(
  text: string,
  project: Pick<Project, "mode" | "allowedOrigins">,
): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  if (url.username !== "" || url.password !== "") return false;
  return isAllowedScheme(url, project.mode) && project.allowedOrigins.includes(url.origin);
}

function isAllowedScheme(url: URL, mode: ProjectMode): boolean {
  if (url.protocol === "https:") return true;
  return url.protocol === "http:" && mode === "test" && loopbackHosts.has(url.hostname);
}
