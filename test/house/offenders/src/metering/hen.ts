// The other half of the cycle that egg.ts is marked for.
import { egg } from "./egg.js";
export const hen = (): unknown => egg;
