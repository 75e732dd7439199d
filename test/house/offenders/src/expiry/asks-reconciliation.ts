// offends: no-domain-cycle
import { answer } from "../reconciliation/answers.js";
export const asked = answer;
