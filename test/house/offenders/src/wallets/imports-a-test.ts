// offends: source-imports-no-test
import { things } from "../../test/support/things.js";
export const tested = things;
