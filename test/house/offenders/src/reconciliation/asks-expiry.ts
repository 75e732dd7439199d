// offends: no-domain-cycle
import { answer } from "../expiry/answers.js";
export const asked = answer;
