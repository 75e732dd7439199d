import { z } from "zod";
import { assert } from "../kernel/assert.js";
import type { JsonReply, Reply } from "../platform/http/reply.js";
import type { Vault } from "../platform/vault/vault.js";

/**
 * An answer is kept for a day under its `Idempotency-Key`, so that a caller who did not hear it can ask again. A token is
 * in it as ciphertext, bound to its id, and is opened for whoever it is answered to: so the database has no token in
 * clear, and no caller loses one to a broken connection.
 */
const answer = z.looseObject({ id: z.string(), token: z.string() });

const contextOf = (id: string): string => `agent-token:${id}`;

/** For the answer that is kept. */
export function sealToken<T extends { readonly id: string; readonly token: string }>(
  vault: Pick<Vault, "seal">,
  json: T,
): T {
  return { ...json, token: vault.seal(json.token, contextOf(json.id)).toString("base64") };
}

/** For the answer that is sent, the first time and again. */
export function openToken(vault: Pick<Vault, "open">, reply: Reply): JsonReply {
  assert(reply.kind === "json", "a token is answered as JSON");
  const json = answer.parse(reply.json);
  const token = vault.open(Buffer.from(json.token, "base64"), contextOf(json.id));
  return { ...reply, json: { ...json, token } };
}
