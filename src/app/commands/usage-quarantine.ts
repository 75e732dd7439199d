import type { Command } from "commander";
import { publicId, type UsageBatchId } from "../../kernel/ids.js";
import {
  listQuarantinedBatches,
  type QuarantinedBatch,
} from "../../metering/list-quarantined-batches.js";
import { retryBatch } from "../../metering/retry-batch.js";
import { publicIdOf } from "../../platform/http/schemas.js";
import { chooseProject } from "../../tenancy/choose-project.js";
import {
  type Answer,
  argument,
  type Cli,
  cliActor,
  type ProjectOption,
  withProject,
} from "./cli.js";
import { renderTable } from "./table.js";

const listedMax = 1_000;

export function addQuarantine(usage: Command, cli: Cli): void {
  usage
    .command("quarantine")
    .description(
      "List accepted batches that could not be applied, with the reason, over all projects.",
    )
    .option("-p, --project <id or name>", "of this project alone")
    .action(async ({ project }: ProjectOption) =>
      cli.run(async (ctx) => {
        const chosen = project === undefined ? undefined : await chooseProject(ctx, project);
        const asked = { projectId: chosen?.id, limit: listedMax };
        return listed(await listQuarantinedBatches(ctx, asked), cli);
      }),
    );
  withProject(usage.command("retry"))
    .description(
      "Apply a quarantined batch after all, once its cause is gone. The scheduler rings for it within seconds; no event is charged twice.",
    )
    .argument("<batch>", "its id, ubat_…", argument(publicIdOf("usageBatch")))
    .addHelpText(
      "after",
      "\nExample:\n  $ chargly usage quarantine\n  $ chargly usage retry ubat_01k2x3v9g7f6q8r5s4t3w20000",
    )
    .action(async (id: UsageBatchId, options: ProjectOption) =>
      cli.runIn(options, async (ctx, project) => {
        await retryBatch(ctx, project.id, id, cliActor());
        const batch = publicId("usageBatch", id);
        return { json: { batch, status: "accepted" }, text: `${batch} waits to be applied.\n` };
      }),
    );
}

function listed(batches: readonly QuarantinedBatch[], { paint }: Cli): Answer {
  const text = renderTable(
    [
      { title: "batch", cell: ({ id }) => publicId("usageBatch", id) },
      { title: "project", cell: ({ projectId }) => publicId("project", projectId) },
      { title: "since", cell: ({ quarantinedAt }) => quarantinedAt.toISOString() },
      { title: "events", cell: ({ events }) => String(events), align: "right" },
      { title: "reason", cell: ({ problem }) => problem },
    ],
    batches,
    { paint, none: "No usage is quarantined." },
  );
  return { json: { data: batches.map(toJson) }, text };
}

function toJson(batch: QuarantinedBatch) {
  return {
    id: publicId("usageBatch", batch.id),
    projectId: publicId("project", batch.projectId),
    events: batch.events,
    reason: batch.problem,
    acceptedAt: batch.acceptedAt.toISOString(),
    quarantinedAt: batch.quarantinedAt.toISOString(),
  };
}
