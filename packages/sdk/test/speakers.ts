import { MockLanguageModelV3 } from "ai/test";
import OpenAI from "openai";

const usage = {
  inputTokens: { total: 1_000, noCache: 800, cacheRead: 200, cacheWrite: 0 },
  outputTokens: { total: 500, text: 400, reasoning: 100 },
};
const stop = { unified: "stop", raw: "stop" } as const;
const pieces = ["Hello", ", ", "world", "!"];

/** A model that says hello, piece by piece. */
export function speaker({ fails = false, hangs = false } = {}): MockLanguageModelV3 {
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

const counted = { prompt_tokens: 1_000, completion_tokens: 500, total_tokens: 1_500 };

/** An OpenAI client whose server says hello. */
export function openai(asked: unknown[] = []): OpenAI {
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
