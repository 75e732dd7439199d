// offends: packages-install-alone
import { money } from "../../../src/kernel/money.js";
export const leaned = money;
