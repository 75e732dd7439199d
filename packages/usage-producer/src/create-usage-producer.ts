import { checkUsage, type UsageProblem } from "./check-usage.js";
import { contract, type UsageApplyPayload, type UsageEvent } from "./contract.js";
import { type OpenQueue, openQueue, type QueueAddress } from "./open-queue.js";

/** What was given to {@link UsageProducer.add} is not what Chargly takes. Nothing of it was put in the queue. */
export class InvalidUsage extends Error {
  override readonly name = "InvalidUsage";
  constructor(readonly problems: readonly UsageProblem[]) {
    super(problems.map(({ at, problem }) => `${at} ${problem}`).join("; "));
  }
}

export interface Added {
  readonly jobs: number;
  readonly events: number;
}

/** Puts usage in Chargly's queue. One per process; it connects with the first call. */
export interface UsageProducer {
  /**
   * Resolves when the queue has the events, as one job for every 1,000 of them. When it rejects with anything but
   * {@link InvalidUsage}, some may be in the queue: add all of them again, with the same ids.
   */
  readonly add: (usage: UsageApplyPayload) => Promise<Added>;
  readonly close: () => Promise<void>;
}

/** @param address the `REDIS_URL` of Chargly's processes, or, when they have none, their `DATABASE_URL` */
export function createUsageProducer(address: QueueAddress): UsageProducer {
  let opening: Promise<OpenQueue> | undefined;
  const drop = async (queue: Promise<OpenQueue>): Promise<void> => {
    if (opening === queue) opening = undefined;
    const opened = await queue.catch(() => undefined);
    await opened?.close().catch(() => undefined);
  };
  return {
    add: async (usage) => {
      const problems = checkUsage(usage);
      if (problems.length > 0) throw new InvalidUsage(problems);
      const { projectId, events } = usage;
      const payloads = chunk(events).map(
        (some): UsageApplyPayload => ({ projectId, events: some }),
      );
      const queue = (opening ??= openQueue(address));
      try {
        const { addBulk } = await queue;
        await addBulk(payloads.map((data) => ({ name: contract.job, data })));
      } catch (error) {
        await drop(queue); // the next call connects anew
        throw error;
      }
      return { jobs: payloads.length, events: events.length };
    },
    close: async () => {
      if (opening !== undefined) await drop(opening);
    },
  };
}

/** In order, as many to a job as its bounds allow. One event alone is far below them. */
function chunk(events: readonly UsageEvent[]): readonly (readonly UsageEvent[])[] {
  const chunks: UsageEvent[][] = [];
  let open: UsageEvent[] = [];
  let characters = 0;
  for (const event of events) {
    const size = JSON.stringify(event).length + 1;
    const isFull = open.length === contract.eventsPerJob;
    if (open.length > 0 && (isFull || characters + size > contract.charactersPerJob)) {
      chunks.push(open);
      open = [];
      characters = 0;
    }
    open.push(event);
    characters += size;
  }
  return [...chunks, open];
}
