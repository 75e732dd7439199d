// offends: no-cycle
import type { hen } from "./hen.js";
export const egg = (): typeof hen | undefined => undefined;
