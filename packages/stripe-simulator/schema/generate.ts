/** Writes params.json from the installed `stripe` SDK. Run it after every change of the SDK's version. */
import { writeFileSync } from "node:fs";
import { deriveParams, printParams } from "./derive-params.js";

writeFileSync(new URL("./params.json", import.meta.url), printParams(deriveParams()));
