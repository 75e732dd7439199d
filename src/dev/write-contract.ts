import { readFileSync, writeFileSync } from "node:fs";
import { committedFile, contractText } from "../app/contract.js";

/** `npm run openapi` writes the contract that the routes make; with `--check` it fails when the committed one is another. */
const text = contractText();
if (!process.argv.includes("--check")) {
  writeFileSync(committedFile, text);
  console.log(`wrote ${committedFile}`);
} else if (readFileSync(committedFile, "utf8") !== text) {
  console.error(
    `The routes say something else than ${committedFile}. Run \`npm run openapi\`, look at what changed, and commit it.`,
  );
  process.exitCode = 1;
}
