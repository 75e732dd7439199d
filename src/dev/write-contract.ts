import { writeFileSync } from "node:fs";
import { committedFile, contractText } from "../app/contract.js";

/** `npm run openapi`: writes the contract that the routes make. A test fails while the committed one is another. */
writeFileSync(committedFile, contractText());
console.log(`wrote ${committedFile}`);
