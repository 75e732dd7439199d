import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Build, packageFolder } from "../../support/build.js";
import { bundleMcp } from "../../support/bundle-mcp.js";

/** A text of a compiled file, and what to put in its place. */
export interface Patch {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/**
 * A copy of the compiled product with other texts in it. A text must be there exactly once: what the product says
 * otherwise now would not be broken as it was meant to be.
 */
export async function patchBuild(build: string, patches: readonly Patch[]): Promise<Build> {
  const folder = await packageFolder();
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    for (const part of ["src", "migrations"])
      await cp(join(build, part), join(folder, part), { recursive: true });
    await bundleMcp(folder);
    for (const { file, from, to } of patches) {
      const text = await readFile(join(folder, file), "utf8");
      const found = text.split(from).length - 1;
      if (found !== 1) throw new Error(`${file} has this ${found} times, not once: ${from}`);
      await writeFile(
        join(folder, file),
        text.replace(from, () => to),
      );
    }
    return { folder, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
