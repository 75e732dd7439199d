import { type ModelOptions, type OpenStream, runStream, runWhole, type Seen } from "./run-model.js";
import { fieldsOf, tokenUsageOf } from "./token-usage.js";

type Create = (body: never, options?: never) => PromiseLike<unknown>;

/** The part of an OpenAI-style client that is used. What it does not have, the metered one does not have. */
export interface OpenAIClient {
  readonly chat?: { readonly completions: { readonly create: Create } };
  readonly responses?: { readonly create: Create };
  readonly embeddings?: { readonly create: Create };
}

type Body<C extends Create> = Parameters<C>[0];
type Answer<C extends Create> = Awaited<ReturnType<C>>;
type Chunks<C extends Create> = Extract<Answer<C>, AsyncIterable<unknown>>;
type ChunkOf<S> = S extends AsyncIterable<infer Chunk> ? Chunk : never;

/** `create`, with a stream where `stream` is true. The options are the client's own. */
export type MeteredCreate<C extends Create> = <B extends Body<C>>(
  body: B,
  options?: Parameters<C>[1],
) => Promise<
  B extends { readonly stream: true }
    ? AsyncIterable<ChunkOf<Chunks<C>>>
    : Exclude<Answer<C>, AsyncIterable<unknown>>
>;

/** Only what is metered: nothing of it reaches the model without a hold. */
export type MeteredOpenAI<C extends OpenAIClient> = {
  readonly [Part in keyof C & keyof OpenAIClient]: C[Part] extends {
    readonly completions: { readonly create: infer F extends Create };
  }
    ? { readonly completions: { readonly create: MeteredCreate<F> } }
    : C[Part] extends { readonly create: infer F extends Create }
      ? { readonly create: MeteredCreate<F> }
      : undefined;
};

/**
 * An OpenAI-style client whose calls a customer pays for: `chat.completions.create`, `responses.create` and
 * `embeddings.create`, as {@link withCredits} does it. A stream counts when it is iterated to its end or left.
 */
export function meteredOpenAI<C extends OpenAIClient>(
  client: C,
  options: ModelOptions,
): MeteredOpenAI<C> {
  const { chat, responses, embeddings } = client;
  const metered = {
    ...(chat && {
      chat: {
        completions: { create: meter(options, (...args) => chat.completions.create(...args)) },
      },
    }),
    ...(responses && {
      responses: { create: meter(options, (...args) => responses.create(...args)) },
    }),
    ...(embeddings && {
      embeddings: { create: meter(options, (...args) => embeddings.create(...args)) },
    }),
  };
  return metered as MeteredOpenAI<C>;
}

function meter(options: ModelOptions, create: Create) {
  return async (body: unknown, requestOptions?: unknown): Promise<unknown> => {
    const { model, stream, messages, input } = fieldsOf(body);
    const { signal } = fieldsOf(requestOptions);
    const call = {
      options,
      model: options.model ?? String(model),
      prompt: messages ?? input,
      signal: signal instanceof AbortSignal ? signal : undefined,
    };
    const ask = (asked: unknown) => () => create(asked as never, requestOptions as never);
    if (stream !== true)
      return runWhole(call, ask(body), (answer) => tokenUsageOf(fieldsOf(answer)["usage"]));
    const { asked, isOurs } = askForUsage(body, messages !== undefined);
    const open = await runStream(call, ask(asked));
    const { controller } = fieldsOf(open.answer);
    open.reading.onGivenUp(() => {
      if (controller instanceof AbortController) controller.abort();
    });
    return iterate(open, isOurs);
  };
}

/** A stream of chat completions counts only when it is asked to; responses always do. */
function askForUsage(body: unknown, isChat: boolean): { asked: unknown; isOurs: boolean } {
  const fields = fieldsOf(body);
  const { include_usage: isAsked, ...others } = fieldsOf(fields["stream_options"]);
  if (!isChat || isAsked === true) return { asked: body, isOurs: false };
  return { asked: { ...fields, stream_options: { ...others, include_usage: true } }, isOurs: true };
}

async function* iterate(open: OpenStream<unknown>, isOurs: boolean): AsyncGenerator {
  const { answer, seen, reading, end, fail } = open;
  try {
    reading.begin();
    for await (const chunk of answer as AsyncIterable<unknown>) {
      look(seen, chunk);
      // A chunk that has only the count was not asked for by the caller.
      const { choices } = fieldsOf(chunk);
      if (isOurs && Array.isArray(choices) && choices.length === 0) continue;
      reading.rest();
      yield chunk;
      reading.begin();
    }
  } catch (error) {
    await fail(error);
    throw error;
  } finally {
    await end();
  }
}

function look(seen: Seen, chunk: unknown): void {
  const { usage, choices, delta, response } = fieldsOf(chunk);
  seen.usage = tokenUsageOf(usage) ?? tokenUsageOf(fieldsOf(response)["usage"]) ?? seen.usage;
  if (typeof delta === "string") seen.outputCharacters += delta.length;
  for (const choice of Array.isArray(choices) ? (choices as unknown[]) : []) {
    const { content } = fieldsOf(fieldsOf(choice)["delta"]);
    if (typeof content === "string") seen.outputCharacters += content.length;
  }
}
