import { randomUUID } from "node:crypto";
import { createUsageProducer } from "@chargly/usage-producer";

/** Puts what was used into Chargly's queue, for applications that can reach its database (or Redis). */
export async function report(
  databaseUrl: string,
  projectId: string,
  customerId: string,
): Promise<void> {
  const usage = createUsageProducer({ databaseUrl });
  const images = { id: randomUUID(), customerId, event: "image.generate", quantity: 2 };
  await usage.add({ projectId, events: [images] });
  await usage.close();
}
