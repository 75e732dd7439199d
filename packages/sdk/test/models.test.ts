import { generateText, streamText } from "ai";
import { MockLanguageModelV3 } from "ai/test";
import OpenAI from "openai";
import { beforeEach, describe, expect, it } from "vitest";
import { createFakeChargly, type FakeChargly } from "../src/testing/index.js";
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
const wallet = () => fake.chargly.getWallet("ann");
const chargedFor = async () => {
  const [record, ...others] = await fake.chargly.usage.list({ customerId: "ann" }).toArray();
  expect(others).toEqual([]);
  return record;
};

const usage = {
  inputTokens: { total: 1_000, noCache: 800, cacheRead: 200, cacheWrite: 0 },
  outputTokens: { total: 500, text: 400, reasoning: 100 },
};
const stop = { unified: "stop", raw: "stop" } as const;
const pieces = ["Hello", ", ", "world", "!"];

/** A model that says hello, piece by piece. */
function speaker({ fails = false, hangs = false } = {}): MockLanguageModelV3 {
  return new MockLanguageModelV3({
    modelId: "mock-1",
    doGenerate: async () => {
      if (fails) throw new Error("the model is down");
      const content = [{ type: "text" as const, text: pieces.join("") }];
      return { content, finishReason: stop, usage, warnings: [] };
    },
    doStream: async ({ abortSignal }) => {
      let place = 0;
      const stream = new ReadableStream({
        start: (controller) => {
          abortSignal?.addEventListener("abort", () => controller.error(abortSignal.reason));
          controller.enqueue({ type: "stream-start", warnings: [] });
          controller.enqueue({ type: "text-start", id: "1" });
        },
        pull: async (controller) => {
          const delta = pieces[place++];
          if (delta !== undefined)
            return controller.enqueue({ type: "text-delta", id: "1", delta });
          if (hangs) return new Promise<void>(() => undefined);
          if (fails) return controller.error(new Error("the model is down"));
          controller.enqueue({ type: "text-end", id: "1" });
          controller.enqueue({ type: "finish", finishReason: stop, usage });
          controller.close();
        },
      });
      return { stream: stream as never };
    },
  });
}

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

const counted = { prompt_tokens: 1_000, completion_tokens: 500, total_tokens: 1_500 };

/** An OpenAI client whose server says hello. */
function openai(asked: unknown[] = []): OpenAI {
  const chunk = (content: string) => ({ choices: [{ index: 0, delta: { content } }] });
  return new OpenAI({
    apiKey: "sk-none",
    maxRetries: 0,
    fetch: async (url, init) => {
      const body = JSON.parse(String(init?.body));
      asked.push(body);
      if (body.model === "broken") return new Response("{}", { status: 500 });
      if (String(url).endsWith("/embeddings"))
        return Response.json({ data: [], usage: { prompt_tokens: 1_000, total_tokens: 1_000 } });
      if (String(url).endsWith("/responses") && body.stream !== true)
        return Response.json({ output: [], usage: { input_tokens: 1_000, output_tokens: 500 } });
      if (body.stream !== true)
        return Response.json({ choices: [{ message: { content: "Hello" } }], usage: counted });
      const isChat = String(url).endsWith("/completions");
      const events = isChat
        ? [
            ...pieces.map(chunk),
            ...(body.stream_options?.include_usage ? [{ choices: [], usage: counted }] : []),
          ]
        : [
            ...pieces.map((delta) => ({ type: "response.output_text.delta", delta })),
            {
              type: "response.completed",
              response: { usage: { input_tokens: 1_000, output_tokens: 500 } },
            },
          ];
      const text = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
      const headers = { "content-type": "text/event-stream" };
      return new Response(`${text}data: [DONE]\n\n`, { headers });
    },
  });
}

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
