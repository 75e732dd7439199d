// offends: queue-engine-stays-in-platform
import { Queue } from "bullmq";
export const queue = Queue;
