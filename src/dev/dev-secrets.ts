import { randomBytes } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const fileName = "dev-secrets.json";

const devSecrets = z.object({
  masterKeys: z.string(),
  operatorPassword: z.string(),
  apiKey: z.string(),
  webhookSecret: z.string(),
});

/** What the embedded stack signs in with. Made once, of random bytes, and kept beside its data. */
export type DevSecrets = z.infer<typeof devSecrets>;

/** Reads the secrets of the embedded stack, or makes them. The file is for the owner alone (0600). */
export async function readOrMakeDevSecrets(folder: string): Promise<DevSecrets> {
  const known = await readDevSecrets(folder);
  if (known !== undefined) return known;
  const made: DevSecrets = {
    masterKeys: `dev:${randomBytes(32).toString("base64")}`,
    operatorPassword: randomBytes(12).toString("base64url"),
    apiKey: `chg_test_${randomBytes(24).toString("hex")}`,
    webhookSecret: `whsec_${randomBytes(24).toString("hex")}`,
  };
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, fileName), `${JSON.stringify(made, null, 2)}\n`, { mode: 0o600 });
  return made;
}

/** The secrets of a stack that was started before, or `undefined`. */
export async function readDevSecrets(folder: string): Promise<DevSecrets | undefined> {
  const text = await readFile(join(folder, fileName), "utf8").catch(() => undefined);
  return text === undefined ? undefined : devSecrets.parse(JSON.parse(text));
}
