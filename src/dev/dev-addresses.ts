import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const fileName = "dev-addresses.json";

const devAddresses = z.object({ publicUrl: z.string(), simulatorUrl: z.string().optional() });

/** Where the parts of the embedded stack listen now: their ports may differ from start to start. */
export type DevAddresses = z.infer<typeof devAddresses>;

/** For commands beside the running stack; see `runningEnvironment`. */
export async function writeDevAddresses(folder: string, addresses: DevAddresses): Promise<void> {
  await writeFile(join(folder, fileName), `${JSON.stringify(addresses, null, 2)}\n`);
}

/** As the last start wrote them, or `undefined`. They hold only while its database runs. */
export async function readDevAddresses(folder: string): Promise<DevAddresses | undefined> {
  const text = await readFile(join(folder, fileName), "utf8").catch(() => undefined);
  return text === undefined ? undefined : devAddresses.parse(JSON.parse(text));
}
