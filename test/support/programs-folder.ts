import { chmod, mkdir, mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const cache = fileURLToPath(new URL("../../node_modules/.cache", import.meta.url));

/** A new folder in which Node finds the packages and nobody else looks. */
export async function openProgramsFolder(): Promise<string> {
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, "chargly-programs-"));
  await chmod(folder, 0o755); // programs are started as other accounts, too
  return folder;
}
