// Sums one run up in one line, `N passed, N failed`, and ends with 1 unless nothing failed. `npm run check` counts as one
// test. A file that could not be loaded, a crash and an error outside any test count as failed, so that silence is not success.
import { readFileSync } from "node:fs";

const [file, testEnd, checkEnd] = process.argv.slice(2);

function readFiles() {
  try {
    return JSON.parse(readFileSync(file, "utf8")).testResults;
  } catch {
    console.log("vitest left no results: it crashed or ran out of time");
    return [];
  }
}

const files = readFiles();
const tests = files.flatMap(({ assertionResults }) => assertionResults);
const passed = tests.filter(({ status }) => status === "passed").length;
const failed = tests.filter(({ status }) => status === "failed").length;
const unloaded = files.filter(
  ({ status, assertionResults }) =>
    status === "failed" && !assertionResults.some((test) => test.status === "failed"),
).length;
const broken = failed + unloaded;
const crashed = broken === 0 && (testEnd !== "0" || passed === 0) ? 1 : 0;
const checkFailed = checkEnd === "0" ? 0 : 1;

const passedInAll = passed + (1 - checkFailed);
const failedInAll = broken + crashed + checkFailed;
console.log(`${passedInAll} passed, ${failedInAll} failed`);
process.exitCode = failedInAll === 0 ? 0 : 1;
