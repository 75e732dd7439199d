import { Chargly } from "@chargly/sdk";

/** A process that is killed while it holds credits, or while it sends what it has recorded. */
const [what, customerId = "", spoolFile] = process.argv.slice(2);
const chargly = new Chargly({ record: { spoolFile, maxWaiting: 100_000 } });
const ready = (): boolean => process.stdout.write(`${JSON.stringify({ msg: "ready" })}\n`);

if (what === "hold")
  await chargly.withHold(customerId, { max: 5, expiresInSeconds: 60 }, async (run) => {
    run.use(3);
    ready();
    await new Promise(() => setInterval(() => undefined, 1_000));
  });
if (what === "record") {
  for (let count = 0; count < 2_000; count++)
    chargly.usage.record({ customerId, event: "custom", credits: "0.001" });
  ready();
}
