import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { BufferFullError, NoAnswerError, type RecordOptions, RefusedError } from "../src/index.js";
import { batchLimits, cutBatch } from "../src/recording/cut-batch.js";
import { judgeFailure } from "../src/recording/judge-failure.js";
import { Recorder } from "../src/recording/recorder.js";
import type { UsageAnswers } from "../src/types.js";

interface Sent {
  readonly id: string;
  readonly credits: number;
}

const taken: UsageAnswers = {
  accepted: 0,
  applied: 0,
  partial: [],
  duplicates: [],
  conflicts: [],
  rejected: [],
};
const away = new NoAnswerError("No answer.", "req", undefined);
const refusal = (status: number, param?: string) =>
  new RefusedError({
    code: "invalid_request",
    title: "no",
    detail: "It is wrong.",
    status,
    ...(param === undefined ? {} : { param }),
  });

/** A server that takes events or not, as it is told. */
function takes(judge: (events: readonly Sent[]) => UsageAnswers | Error = () => taken) {
  const requests: (readonly Sent[])[] = [];
  const send = async (json: string): Promise<UsageAnswers> => {
    const events: Sent[] = JSON.parse(json);
    requests.push(events);
    const answer = judge(events);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { requests, send, ids: () => requests.flat().map(({ id }) => id) };
}

const event = (id: string, credits = 1) => ({ id, customerId: "a", event: "e", credits });

function recorderOf(send: (json: string) => Promise<UsageAnswers>, options: RecordOptions = {}) {
  const rejected: string[] = [];
  const errors: unknown[] = [];
  const recorder = new Recorder(send, {
    onRejected: ({ event: { id }, code }) => rejected.push(`${id} ${code}`),
    onError: (error) => errors.push(error),
    everyMs: 1,
    ...options,
  });
  return { recorder, rejected, errors };
}

describe("recording", () => {
  it("sends in order, many at once, and flush means that Chargly has them", async () => {
    const server = takes();
    const { recorder } = recorderOf(server.send);
    const ids = Array.from({ length: 2_500 }, (_, place) => recorder.record(event(`e${place}`)));
    await recorder.flush();
    expect(server.ids()).toEqual(ids);
    expect(server.requests.map((events) => events.length)).toEqual([1_000, 1_000, 500]);
    await recorder.close();
    expect(() => recorder.record(event("late"))).toThrow("closed");
  });

  it("keeps what was not acknowledged, says so, and sends the very same again", async () => {
    let isAway = true;
    const server = takes(() => (isAway ? away : taken));
    const { recorder, errors } = recorderOf(server.send);
    const id = recorder.record({ customerId: "a", event: "e" });
    await expect(recorder.flush()).rejects.toBe(away);
    expect(errors).toEqual([away]);
    isAway = false;
    await recorder.flush();
    expect(server.ids()).toEqual([id, id]);
    expect(server.requests[1]).toEqual(server.requests[0]);
    await recorder.close();
  });

  it("refuses one event more than it may keep, and takes it when there is room", async () => {
    let isAway = true;
    const { recorder } = recorderOf(takes(() => (isAway ? away : taken)).send, { maxWaiting: 3 });
    for (const id of ["1", "2", "3"]) recorder.record(event(id));
    expect(() => recorder.record(event("4"))).toThrow(BufferFullError);
    isAway = false;
    await recorder.flush();
    expect(recorder.record(event("4"))).toBe("4");
    await recorder.close();
  });

  it("drops only what can never be taken, however the server names it", async () => {
    for (const names of [true, false]) {
      const server = takes((events) => {
        const at = events.findIndex(({ credits }) => credits < 0);
        return at === -1 ? taken : refusal(400, names ? `[${at}].credits` : undefined);
      });
      const { recorder, rejected, errors } = recorderOf(server.send);
      const bad = new Set([0, 7, 8, 31]);
      for (let place = 0; place < 32; place++)
        recorder.record(event(`e${place}`, bad.has(place) ? -1 : 1));
      await recorder.close();
      expect(rejected).toEqual([...bad].map((place) => `e${place} invalid_request`));
      const good = server.requests.filter((events) => events.every(({ credits }) => credits > 0));
      expect(good.flat().map(({ id }) => Number(id.slice(1)))).toEqual(
        Array.from({ length: 32 }, (_, place) => place).filter((place) => !bad.has(place)),
      );
      expect(errors).toEqual([]);
    }
  });

  it("tells of events that were refused or whose id was taken", async () => {
    const answer = {
      ...taken,
      conflicts: [{ id: "1", eventId: "use_1" }],
      rejected: [{ id: "2", eventId: "use_2", code: "wallet_frozen", detail: "It is frozen." }],
    };
    const { recorder, rejected } = recorderOf(takes(() => answer).send);
    for (const id of ["1", "2", "3"]) recorder.record(event(id));
    await recorder.close();
    expect(rejected).toEqual(["1 usage_id_conflict", "2 wallet_frozen"]);
  });

  it("goes on when a callback throws", async () => {
    const warnings: string[] = [];
    const listen = ({ name }: Error): number => warnings.push(name);
    process.on("warning", listen);
    const server = takes(({ length }) => (length === 2 ? away : taken));
    const recorder = new Recorder(server.send, {
      onError: () => {
        throw new Error("of the application");
      },
    });
    recorder.record(event("1"));
    recorder.record(event("2"));
    await expect(recorder.flush()).rejects.toBe(away);
    recorder.record(event("3"));
    await recorder.flush();
    await recorder.close();
    expect(server.ids()).toEqual(["1", "2", "1", "2", "3"]);
    process.off("warning", listen);
    expect(warnings).toEqual(["CharglyWarning"]);
  });
});

describe("the spool", () => {
  let folder: string;
  let file: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "chargly-spool-"));
    file = join(folder, "usage.ndjson");
  });
  afterEach(() => rmSync(file, { force: true }));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const textOf = () => readFileSync(file, "utf8");

  it("hands what was not acknowledged to the next process, and forgets what was", async () => {
    const first = recorderOf(takes(() => away).send, { spoolFile: file }).recorder;
    const ids = [first.record(event("1")), first.record({ customerId: "a", event: "e" })];
    expect(textOf().split("\n")).toHaveLength(3);
    await expect(first.close()).rejects.toBe(away);
    const server = takes();
    const { recorder } = recorderOf(server.send, { spoolFile: file });
    await recorder.flush();
    expect(server.ids()).toEqual(ids);
    expect(textOf()).toBe("");
    await recorder.close();
    expect(existsSync(`${file}.lock`)).toBe(false);
  });

  it("drops a line that was cut off, and keeps aside what it cannot read", async () => {
    const line = JSON.stringify(event("1"));
    writeFileSync(file, `${line}\nnonsense\n${line.slice(0, 9)}`);
    const server = takes();
    const { recorder } = recorderOf(server.send, { spoolFile: file });
    recorder.record(event("2"));
    await recorder.close();
    expect(server.ids()).toEqual(["1", "2"]);
    expect(readFileSync(`${file}.damaged`, "utf8")).toBe("nonsense\n");
  });

  it("does not grow for ever, and belongs to one client", async () => {
    let left = 3;
    const server = takes(() => (left-- > 0 ? taken : away));
    const { recorder } = recorderOf(server.send, { spoolFile: file });
    const long = { ...event("x"), metadata: { text: "x".repeat(1_100) } };
    for (let place = 0; place < 4_000; place++) recorder.record({ ...long, id: `e${place}` });
    const full = textOf().length;
    expect(() => recorderOf(server.send, { spoolFile: file })).toThrow("belongs to process");
    await expect(recorder.flush()).rejects.toBe(away);
    expect(textOf().length).toBeLessThan(full / 2);
    expect(textOf().split("\n")[0]).toContain('"e3000"');
    recorder.record(event("last"));
    expect(textOf().trimEnd().split("\n").at(-1)).toContain('"last"');
    left = 9;
    await recorder.close();
    expect(new Set(server.ids()).size).toBe(4_001);
  });
});

describe("the pure parts", () => {
  const sizes = fc.record({ bytes: fc.nat(1_000_000), isFunded: fc.boolean() });
  it("a batch is the longest beginning within the limits, and never empty", () => {
    fc.assert(
      fc.property(
        fc.array(sizes, { minLength: 1, maxLength: 250 }),
        fc.integer({ min: 1, max: 250 }),
        (all, max) => {
          const waiting = all.map((each) => ({ ...each, id: "", line: "" }));
          const count = cutBatch(waiting, max);
          const fits = (many: number) => {
            const some = all.slice(0, many);
            const bytes = some.reduce((sum, each) => sum + each.bytes + 1, 0);
            const funded = some.filter(({ isFunded }) => isFunded).length;
            return many <= max && bytes <= batchLimits.bytes && funded <= batchLimits.funded;
          };
          expect(count === 1 || fits(count)).toBe(true);
          expect(count === all.length || !fits(count + 1)).toBe(true);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("only content is dropped: a key, a limit or a server that is away may change", () => {
    expect(judgeFailure(refusal(400, "[3].credits"), 4)).toEqual({ act: "drop", at: 3 });
    expect(judgeFailure(refusal(403, "[0].credits"), 1)).toEqual({ act: "drop", at: 0 });
    expect(judgeFailure(refusal(400, "[4].credits"), 4)).toEqual({ act: "split" });
    expect(judgeFailure(refusal(413), 1)).toEqual({ act: "drop", at: 0 });
    for (const error of [
      refusal(401),
      refusal(403),
      refusal(404),
      refusal(429),
      refusal(503),
      away,
    ])
      expect(judgeFailure(error, 2)).toEqual({ act: "wait" });
  });
});
