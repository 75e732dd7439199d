import type { Command } from "commander";
import { z } from "zod";
import { retryEvent } from "../../stripe-events/retry-event.js";
import { argument, type Cli, cliActor, type ProjectOption, withProject } from "./cli.js";

const eventId = z
  .string()
  .regex(/^evt_[A-Za-z0-9_]{1,200}$/, { error: "An event's id begins with evt_." });

export function addEvents(program: Command, cli: Cli): void {
  const events = program.command("events").description("Stripe's events in the inbox.");
  withProject(events.command("retry"))
    .description(
      "Process an event again that was given up or that nothing handled. The scheduler rings for it within seconds; doing it twice credits nothing twice.",
    )
    .argument("<event>", "Stripe's id, evt_…", argument(eventId))
    .addHelpText("after", "\nExample:\n  $ chargly events retry evt_1PqRsT2eZvKYlo2C")
    .action(async (event: string, options: ProjectOption) =>
      cli.runIn(options, async (ctx, project) => {
        await retryEvent(ctx, project.id, event, cliActor());
        return {
          json: { event, status: "received" },
          text: `${event} waits to be processed again.\n`,
        };
      }),
    );
}
