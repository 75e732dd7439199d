import { generateText, streamText } from "ai";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createFakeChargly, type FakeChargly } from "../src/testing/index.js";
import { openai, speaker } from "./speakers.js";
import {
  type HoldReceipt,
  InsufficientCreditsError,
  meteredOpenAI,
  type ModelOptions,
  withCredits,
} from "../src/index.js";

const perMillion = (credits: number) => ({ credits, per: 1_000_000 });
const tokens = {
  type: "properties",
  properties: { inputTokens: perMillion(1_000), outputTokens: perMillion(2_000) },
} as const;

let fake: FakeChargly;
let ends: HoldReceipt[];
beforeEach(async () => {
  const rateCard = { events: { chat: { price: tokens } } };
  fake = await createFakeChargly({ wallets: { ann: 10 }, rateCard });
  ends = [];
});
const options = (): ModelOptions => ({
  chargly: fake.chargly,
  customerId: "ann",
  event: "chat",
  max: 5,
  onEnd: (end) => ends.push(end),
});
afterEach(() => {
  vi.useRealTimers();
});
const wallet = () => fake.chargly.getWallet("ann");
const chargedFor = async () => {
  const [record, ...others] = await fake.chargly.usage.list({ customerId: "ann" }).toArray();
  expect(others).toEqual([]);
  return record;
};

describe("withCredits, for models of the AI SDK", () => {
  it("charges a generated text by its tokens and gives the rest back", async () => {
    const model = withCredits(speaker(), options());
    expect([model.modelId, model.specificationVersion]).toEqual(["mock-1", "v3"]);
    const { text } = await generateText({ model, prompt: "hi" });
    expect(text).toBe("Hello, world!");
    expect(await wallet()).toMatchObject({ available: 8, held: 0 });
    expect((await chargedFor())?.properties).toEqual({
      model: "mock-1",
      inputTokens: 1_000,
      outputTokens: 500,
      cachedInputTokens: 200,
      reasoningTokens: 100,
    });
    expect(ends).toMatchObject([{ outcome: "released", credits: 2 }]);
  });

  it("charges a stream when it has ended, before the reader hears that it has", async () => {
    const { textStream } = streamText({ model: withCredits(speaker(), options()), prompt: "hi" });
    let text = "";
    for await (const piece of textStream) text += piece;
    expect(text).toBe("Hello, world!");
    expect(await wallet()).toMatchObject({ available: 8, held: 0 });
  });

  it("charges a cancelled stream for what had come, by a guess", async () => {
    const model = withCredits(speaker({ hangs: true }), options());
    const { stream } = await model.doStream({ prompt: [] });
    const reader = stream.getReader();
    for (let read = 0; read < 4; read++) await reader.read();
    await reader.cancel("the user left");
    const record = await chargedFor();
    expect(record).toMatchObject({ status: "applied", holdId: expect.stringMatching(/^hold_/) });
    const { inputTokens, outputTokens } = record?.properties ?? {};
    expect(inputTokens).toBe(1); // of "[]"
    expect(outputTokens).toBeGreaterThanOrEqual(2);
    expect(await wallet()).toMatchObject({ held: 0, available: 10 - (record?.credits ?? 0) });
  });

  it("charges an aborted call for what had come, and one that fails not at all", async () => {
    const controller = new AbortController();
    const { textStream } = streamText({
      model: withCredits(speaker({ hangs: true }), options()),
      prompt: "hi",
      abortSignal: controller.signal,
      onError: () => undefined,
    });
    for await (const piece of textStream) if (piece === "!") controller.abort();
    const { credits = 0 } = (await chargedFor()) ?? {};
    expect(credits).toBeGreaterThan(0);
    expect(await wallet()).toMatchObject({ held: 0, available: 10 - credits });
    for (const call of [
      () =>
        generateText({
          model: withCredits(speaker({ fails: true }), options()),
          prompt: "hi",
          maxRetries: 0,
        }),
      async () => {
        const { stream } = await withCredits(speaker({ fails: true }), options()).doStream({
          prompt: [],
        });
        for await (const part of stream) expect(part).toBeDefined();
      },
    ])
      await expect(call()).rejects.toThrow("the model is down");
    expect(await wallet()).toMatchObject({ held: 0, available: 10 - credits });
  });

  it("ends a stream that nobody reads, or reads no more, instead of keeping credits for it", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const open = async () => {
      const model = withCredits(speaker(), { ...options(), expiresInSeconds: 60 });
      return (await model.doStream({ prompt: [] })).stream.getReader();
    };
    const unread = await open();
    const left = await open();
    for (let read = 0; read < 4; read++) await left.read();
    await vi.advanceTimersByTimeAsync(59_999);
    expect(await wallet()).toMatchObject({ available: 0, held: 10 });
    await vi.advanceTimersByTimeAsync(1);
    for (const reader of [unread, left])
      await expect(reader.read()).rejects.toThrow("Nobody has read this stream for 60 s");
    vi.useRealTimers();
    await vi.waitFor(() => expect(ends).toHaveLength(2));
    const records = await fake.chargly.usage.list({ customerId: "ann" }).toArray();
    const outputs = records.map(({ properties }) => properties?.["outputTokens"]);
    expect(outputs.toSorted()).toEqual([0, 2]); // of nothing, and of "Hello, "
    const charged = records.reduce((sum, { credits }) => sum + (credits ?? 0), 0);
    expect(await wallet()).toMatchObject({ held: 0, available: 10 - charged });
  });

  it("does not ask the model for who cannot pay, and takes more than the hold where it is there", async () => {
    const model = speaker();
    const poor = withCredits(model, { ...options(), max: 11 });
    await expect(poor.doGenerate({ prompt: [] })).rejects.toThrow(InsufficientCreditsError);
    await expect(poor.doStream({ prompt: [] })).rejects.toThrow(InsufficientCreditsError);
    expect([model.doGenerateCalls, model.doStreamCalls]).toEqual([[], []]);
    await withCredits(model, { ...options(), max: 0.5 }).doGenerate({ prompt: [] });
    expect(await wallet()).toMatchObject({ available: 8, held: 0 });
  });
});

const messages = [{ role: "user" as const, content: "hi" }];

describe("meteredOpenAI", () => {
  it("charges chat completions, responses and embeddings by their tokens", async () => {
    const client = meteredOpenAI(openai(), options());
    const chat = await client.chat.completions.create({ model: "gpt-x", messages });
    expect(chat.choices[0]?.message.content).toBe("Hello");
    expect(await wallet()).toMatchObject({ available: 8, held: 0 });
    await client.responses.create({ model: "gpt-x", input: "hi" });
    expect(await wallet()).toMatchObject({ available: 6, held: 0 });
    await client.embeddings.create({ model: "embed-x", input: "hi" });
    expect(await wallet()).toMatchObject({ available: 5, held: 0 });
    expect(Object.keys(client)).toEqual(["chat", "responses", "embeddings"]);
  });

  it("charges streams at their end, and shows only the chunks that were asked for", async () => {
    const asked: { stream_options?: unknown }[] = [];
    const client = meteredOpenAI(openai(asked), options());
    const stream = await client.chat.completions.create({ model: "gpt-x", messages, stream: true });
    let text = "";
    for await (const { choices } of stream) text += choices[0]?.delta.content ?? "nothing";
    expect(text).toBe("Hello, world!");
    expect(asked[0]?.stream_options).toEqual({ include_usage: true });
    expect(await wallet()).toMatchObject({ available: 8, held: 0 });
    const answers = await client.responses.create({ model: "gpt-x", input: "hi", stream: true });
    for await (const event of answers) expect(event.type).toMatch(/^response/);
    expect(await wallet()).toMatchObject({ available: 6, held: 0 });
  });

  it("ends a stream that nobody reads, here too", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const client = meteredOpenAI(openai(), options());
    const asked = { model: "gpt-x", messages, stream: true } as const;
    const stream = await client.chat.completions.create(asked);
    await vi.advanceTimersByTimeAsync(120_000);
    vi.useRealTimers();
    await vi.waitFor(() => expect(ends).toMatchObject([{ outcome: "released", credits: 0.008 }]));
    const read = async () => {
      for await (const chunk of stream) expect(chunk).toBeDefined();
    };
    await expect(read()).rejects.toThrow("Nobody has read this stream for 120 s");
  });

  it("charges what the provider did not count by a guess, and an answer that never comes not at all", async () => {
    const uncounted = { message: { content: "x".repeat(400) } };
    const create = async (body: { model: string }, { signal }: { signal?: AbortSignal } = {}) => {
      if (body.model === "slow")
        await new Promise((_, fail) =>
          signal?.addEventListener("abort", () => fail(signal.reason as Error)),
        );
      return { choices: [uncounted] };
    };
    const { chat } = meteredOpenAI({ chat: { completions: { create } } }, options());
    await chat.completions.create({ model: "gpt-x" });
    const charged = await chargedFor();
    expect(charged?.properties).toMatchObject({ outputTokens: 100 });
    const { available } = await wallet();
    const signal = AbortSignal.timeout(20);
    const slow = chat.completions.create({ model: "slow" }, { signal });
    await expect(slow).rejects.toThrow("timeout");
    expect(await wallet()).toMatchObject({ available, held: 0 });
  });

  it("charges a stream that is left for what had come, and a call that fails not at all", async () => {
    const client = meteredOpenAI(openai(), options());
    const stream = await client.chat.completions.create({ model: "gpt-x", messages, stream: true });
    for await (const { choices } of stream) if (choices[0]?.delta.content === "world") break;
    const record = await chargedFor();
    expect(record?.properties).toMatchObject({ model: "gpt-x", outputTokens: 3 });
    const { available } = await wallet();
    expect(available).toBe(10 - (record?.credits ?? 0));
    for (const isStream of [true, false]) {
      const broken = { model: "broken", messages, stream: isStream } as const;
      await expect(client.chat.completions.create(broken)).rejects.toThrow("500");
    }
    expect(await wallet()).toMatchObject({ available, held: 0 });
  });
});
