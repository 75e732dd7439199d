// offends: pure-files-do-no-io
import { clock } from "../platform/clock.js";
export const today = clock;
