/** Where Bull Board lives; links and its own base address agree on it. */
export const boardPath = "/ops/queues";
