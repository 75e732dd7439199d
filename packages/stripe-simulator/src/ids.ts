import { randomBytes } from "node:crypto";

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

const codes = Buffer.from(alphabet, "latin1");

/** Random letters and digits, as Stripe's ids end in. Made in one piece: concatenation would cost memory per letter. */
export function randomText(length: number): string {
  const bytes = randomBytes(length);
  for (let index = 0; index < length; index += 1) {
    bytes[index] = codes[(bytes[index] ?? 0) % codes.length] ?? 0;
  }
  return bytes.toString("latin1");
}

/** An object id such as `cus_NffrFeUfNV2Hib`. */
export function newId(prefix: string, length = 24): string {
  return `${prefix}_${randomText(length)}`;
}
