import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Operator } from "./sessions.js";

/** Compares name and password in a time that tells nothing: both always, by hashes of one length, under a new key. */
export function isOperator(
  operator: Operator,
  given: { readonly user: string; readonly password: string },
): boolean {
  const key = randomBytes(32);
  const hash = (text: string): Buffer => createHmac("sha256", key).update(text).digest();
  const userFits = timingSafeEqual(hash(given.user), hash(operator.user));
  const passwordFits = timingSafeEqual(hash(given.password), hash(operator.password.reveal()));
  return userFits && passwordFits;
}
