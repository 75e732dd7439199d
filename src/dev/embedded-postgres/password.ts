import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { EmbeddedPostgresError } from "./errors.js";
import { readIfPresent, writePrivateFile } from "./files.js";

/**
 * The password of the cluster, in a file that only its owner reads. Loopback is shared with every other account
 * of the machine, so the server must not trust whoever connects.
 */
export async function readPassword(home: string): Promise<string | undefined> {
  return readIfPresent(join(home, "password"));
}

/** @throws EmbeddedPostgresError when the file of an existing cluster is gone. */
export async function requirePassword(home: string): Promise<string> {
  const password = await readPassword(home);
  if (password !== undefined) return password;
  throw new EmbeddedPostgresError(
    `The file ${join(home, "password")} is missing, and the data cannot be opened without it. ` +
      "Put it back, or start again with --reset, which deletes the data.",
  );
}

export async function makePassword(home: string): Promise<string> {
  const password = randomBytes(24).toString("base64url");
  await writePrivateFile(join(home, "password"), password);
  return password;
}

export async function forgetPassword(home: string): Promise<void> {
  await rm(join(home, "password"), { force: true });
}
