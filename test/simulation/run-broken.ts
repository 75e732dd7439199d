/** `npm run simulation:broken [-- NAME …]`: products that are wrong on purpose, each of which the checker must find out. */
import { buildProduct } from "../support/build.js";
import { brokenBuilds } from "./broken/broken-builds.js";
import { type Caught, catchBroken } from "./broken/catch-broken.js";
import { reportOf } from "./report.js";

const asked = process.argv.slice(2);
const chosen = brokenBuilds.filter(({ name }) => asked.length === 0 || asked.includes(name));
const build = await buildProduct();
const ends: Caught[] = [];
try {
  for (const broken of chosen) {
    const caught = await catchBroken(build.folder, broken);
    ends.push(caught);
    const found = caught.result.violations.filter(({ rule }) => rule === broken.rule);
    console.log(
      `${caught.isCaught ? "caught" : "MISSED"}  ${broken.name}: ${found.length} × ${broken.rule}`,
    );
    console.log(caught.isCaught ? `        ${found[0]?.what}` : reportOf(caught.result));
  }
} finally {
  await build.remove();
}
process.exit(ends.every(({ isCaught }) => isCaught) ? 0 : 1);
