export type { UsageProblem } from "./check-usage.js";
export { checkUsage, usageEventFields } from "./check-usage.js";
export { contract, type UsageApplyPayload, type UsageEvent } from "./contract.js";
export {
  type Added,
  createUsageProducer,
  InvalidUsage,
  type UsageProducer,
} from "./create-usage-producer.js";
export type { QueueAddress } from "./open-queue.js";
