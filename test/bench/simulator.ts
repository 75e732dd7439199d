/** The Stripe simulator in a process of its own. */
import { startSimulator } from "@chargly/stripe-simulator";

const simulator = await startSimulator();
process.stdout.write(`${JSON.stringify({ msg: "ready", url: simulator.url })}\n`);
process.once("SIGTERM", () => void simulator.stop());
