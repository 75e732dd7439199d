// offends: pure-files-know-no-platform
import type { Clock } from "../platform/clock.js";
export const decide = (clock: Clock): Date => clock.now();
