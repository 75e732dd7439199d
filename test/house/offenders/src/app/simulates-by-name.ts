// offends: only-dev-imports-the-simulator
import { startSimulator } from "@chargly/stripe-simulator";
export const simulated = startSimulator;
