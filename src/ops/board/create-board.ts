import { createBullBoard } from "@bull-board/api";
import { BullMQAdapter } from "@bull-board/api/bullMQAdapter";
import type { RequestHandler } from "express";
import type { JobTicket } from "../../platform/jobs/define-job.js";
import type { QueueEngine } from "../../platform/queue/engine.js";
import { jobsByQueue } from "../read-queues.js";
import { allowRoute } from "./board-gate.js";
import { boardPath } from "./board-path.js";
import { formatJobName } from "./format-job.js";
import { OperatorBoard } from "./operator-board.js";

/** Bull Board over every queue that a job names, on whichever backend they are. It asks for no login itself. */
export function createBoard(
  engine: QueueEngine,
  jobs: readonly Pick<JobTicket, "name" | "queue">[],
): RequestHandler {
  const board = new OperatorBoard();
  board.setBasePath(boardPath);
  const queues = [...jobsByQueue(jobs)].map(([queue, names]) => {
    const options = { description: names.join(", "), allowCompletedRetries: false };
    const adapter = new BullMQAdapter(engine.queue(queue), options);
    adapter.setFormatter("name", formatJobName);
    return adapter;
  });
  createBullBoard({
    queues,
    serverAdapter: board,
    options: {
      uiConfig: {
        boardTitle: "Chargly queues",
        hideDocsLink: true,
        miscLinks: [{ text: "Operator overview", url: "/ops" }],
      },
      handlerHooks: { before: allowRoute },
    },
  });
  return board.handler();
}
