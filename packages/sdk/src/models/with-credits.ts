import { type ModelOptions, type OpenStream, runStream, runWhole, type Seen } from "./run-model.js";
import { fieldsOf, tokenUsageOf } from "./token-usage.js";

/** The part of a language model of the AI SDK (`ai` 5 and later) that is used. */
export interface LanguageModel {
  readonly modelId: string;
  readonly doGenerate: (options: never) => PromiseLike<{ readonly usage: unknown }>;
  readonly doStream: (
    options: never,
  ) => PromiseLike<{ readonly stream: ReadableStream<{ readonly type: string }> }>;
}

/**
 * The same model, paid for by a customer: each call holds `max` credits first, and is charged by its tokens at the end, by the
 * rate card. Whoever cannot pay does not get the call: {@link InsufficientCreditsError}. A stream that is cancelled is charged
 * for what had come until then, so is one that nobody reads for `expiresInSeconds`; what fails is not charged. A call of
 * several steps has a hold for each.
 */
export function withCredits<M extends LanguageModel>(model: M, options: ModelOptions): M {
  const callOf = (params: unknown) => {
    const { prompt, abortSignal } = fieldsOf(params);
    const signal = abortSignal instanceof AbortSignal ? abortSignal : undefined;
    return { options, model: options.model ?? model.modelId, prompt, signal };
  };
  const doGenerate: LanguageModel["doGenerate"] = (params) =>
    runWhole(
      callOf(params),
      () => model.doGenerate(params),
      ({ usage }) => tokenUsageOf(usage),
    );
  const doStream: LanguageModel["doStream"] = async (params) => {
    const open = await runStream(callOf(params), () => model.doStream(params));
    return { ...open.answer, stream: meteredStream(open) };
  };
  return new Proxy(model, {
    get: (target, name) => {
      if (name === "doGenerate") return doGenerate;
      if (name === "doStream") return doStream;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? (value.bind(target) as unknown) : value;
    },
  });
}

function meteredStream({
  answer,
  seen,
  reading,
  end,
  fail,
}: OpenStream<{ readonly stream: ReadableStream<{ readonly type: string }> }>) {
  const reader = answer.stream.getReader();
  return new ReadableStream<{ readonly type: string }>(
    {
      start: (controller) =>
        reading.onGivenUp((error) => {
          controller.error(error);
          void reader.cancel(error).catch(() => undefined);
        }),
      pull: async (controller) => {
        reading.begin();
        const read = await reader.read().catch(async (error: unknown) => {
          await fail(error);
          throw error;
        });
        if (!read.done) {
          look(seen, read.value);
          controller.enqueue(read.value);
          return reading.rest();
        }
        await end();
        controller.close();
      },
      cancel: async (reason) => {
        const cancelled = reader.cancel(reason).catch(() => undefined);
        await end();
        await cancelled;
      },
    },
    whenRead,
  );
}

/** Nothing is pulled before somebody reads. */
const whenRead = { highWaterMark: 0 };

/** Text, reasoning and the input of tools come in pieces; the count comes last. */
function look(seen: Seen, part: { readonly type: string }): void {
  const { delta, usage } = fieldsOf(part);
  if (part.type === "finish") seen.usage = tokenUsageOf(usage);
  else if (typeof delta === "string") seen.outputCharacters += delta.length;
}
