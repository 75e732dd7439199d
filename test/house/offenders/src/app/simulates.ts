// offends: only-dev-imports-the-simulator
import { simulator } from "../../packages/stripe-simulator/src/index.js";
export const simulated = simulator;
