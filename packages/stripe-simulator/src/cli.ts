#!/usr/bin/env node
import { parseArgs } from "node:util";
import { startSimulator } from "./simulator.js";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "12111" },
    state: { type: "string" },
    help: { type: "boolean", short: "h" },
  },
});

if (values.help) {
  console.log("stripe-simulator [--port 12111] [--state FILE]\nSpeaks Stripe's API on 127.0.0.1.");
} else {
  const simulator = await startSimulator({
    port: Number(values.port),
    log: (line) => console.log(line),
    ...(values.state === undefined ? {} : { stateFile: values.state }),
  });
  const stop = (): void => void simulator.stop();
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
}
