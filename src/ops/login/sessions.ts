import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { Clock } from "../../kernel/clock.js";
import type { Secret } from "../../platform/config/secret.js";
import type { Vault } from "../../platform/vault/vault.js";

/** Who may log in, and with what. */
export interface Operator {
  readonly user: string;
  readonly password: Secret;
}

/** Sessions are signed, not stored: any web process knows any session, and none has to be cleaned up. */
export interface Sessions {
  /** A cookie value that stands for a login now, good for {@link sessionSeconds}. */
  issue(): string;
  /** Whether the value is one of ours, of this user and password, and not over. */
  holds(value: string | undefined): boolean;
}

export const sessionSeconds = 8 * 3_600;
const nonceBytes = 16;
const shape = /^([1-9]\d{9,15})\.([A-Za-z0-9_-]{22})\.([A-Za-z0-9_-]{43})$/;

export function createSessions(vault: Vault, clock: Clock, operator: Operator): Sessions {
  // In the signed text, so that a changed password or name ends every session.
  const password = createHash("sha256").update(operator.password.reveal()).digest("base64url");
  const signedText = (expiresAtMs: string, nonce: string): string =>
    ["operator-session.v1", operator.user, password, expiresAtMs, nonce].join("\n");
  return {
    issue: () => {
      const expiresAtMs = String(clock.nowMs() + sessionSeconds * 1_000);
      const nonce = randomBytes(nonceBytes).toString("base64url");
      const mac = vault.sign(signedText(expiresAtMs, nonce)).toString("base64url");
      return `${expiresAtMs}.${nonce}.${mac}`;
    },
    holds: (value) => {
      const [, expiresAtMs = "", nonce = "", mac = ""] = shape.exec(value ?? "") ?? [];
      if (mac === "" || Number(expiresAtMs) <= clock.nowMs()) return false;
      const given = Buffer.from(mac, "base64url");
      const ours = vault.signatures(signedText(expiresAtMs, nonce));
      return ours.some((own) => own.length === given.length && timingSafeEqual(own, given));
    },
  };
}
