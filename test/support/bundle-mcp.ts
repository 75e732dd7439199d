import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const entry = fileURLToPath(new URL("../../packages/mcp/src/index.ts", import.meta.url));

/**
 * Puts `@chargly/mcp`, as it is checked out, where a product that was compiled into this folder finds it before the one that
 * `npm run build` makes, which may be old or not there.
 */
export async function bundleMcp(folder: string): Promise<void> {
  const home = join(folder, "node_modules", "@chargly", "mcp");
  await mkdir(home, { recursive: true });
  await writeFile(
    join(home, "package.json"),
    JSON.stringify({ name: "@chargly/mcp", type: "module", exports: "./index.js" }),
  );
  await build({
    entryPoints: [entry],
    outfile: join(home, "index.js"),
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    target: "node20",
    logLevel: "warning",
  });
}
