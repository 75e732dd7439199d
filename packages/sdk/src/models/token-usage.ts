/** Tokens as the rate card counts them. */
export interface TokenUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Of the input, those that the provider had in its cache. */
  readonly cachedInputTokens?: number;
  /** Of the output, those that nobody sees. */
  readonly reasoningTokens?: number;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * The tokens of a model's own count, in any of the spellings: AI SDK (numbers, or `{ total }`), OpenAI's chat completions
 * and embeddings (`prompt_tokens`), and responses (`input_tokens`). `undefined` when it does not count.
 */
export function tokenUsageOf(usage: unknown): TokenUsage | undefined {
  const of = fieldsOf(usage);
  const input = of["inputTokens"] ?? of["input_tokens"] ?? of["prompt_tokens"];
  const output = of["outputTokens"] ?? of["output_tokens"] ?? of["completion_tokens"];
  const inputTokens = count(input);
  const outputTokens = count(output);
  if (inputTokens === undefined && outputTokens === undefined) return undefined;
  const details = (name: string): Fields =>
    fieldsOf(of[`${name}_tokens_details`] ?? of[name === "input" ? inputs : outputs]);
  const cached = fieldsOf(input)["cacheRead"] ?? of["cachedInputTokens"];
  const reasoning = fieldsOf(output)["reasoning"] ?? of["reasoningTokens"];
  return {
    inputTokens: inputTokens ?? 0,
    outputTokens: outputTokens ?? 0,
    ...counted("cachedInputTokens", cached ?? details("input")["cached_tokens"]),
    ...counted("reasoningTokens", reasoning ?? details("output")["reasoning_tokens"]),
  };
}

const inputs = "prompt_tokens_details";
const outputs = "completion_tokens_details";

function counted(name: string, value: unknown): Readonly<Record<string, number>> {
  const tokens = count(value);
  return tokens === undefined ? {} : { [name]: tokens };
}

function count(value: unknown): number | undefined {
  const tokens = typeof value === "object" && value !== null ? fieldsOf(value)["total"] : value;
  return typeof tokens === "number" && tokens >= 0 ? tokens : undefined;
}

export function fieldsOf(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

const charactersPerToken = 4;

/**
 * How long the text of a whole answer is, which some providers do not count: `content` of the AI SDK, `choices` of chat
 * completions, `output` of responses.
 */
export function charactersOf(answer: unknown): number {
  if (Array.isArray(answer))
    return answer.reduce<number>((sum, each) => sum + charactersOf(each), 0);
  const { content, choices, output, message, text } = fieldsOf(answer);
  if (typeof text === "string") return text.length;
  if (typeof content === "string") return content.length;
  return charactersOf(content ?? choices ?? output ?? message ?? []);
}

/** A guess by length, where the provider has not counted. */
export function guessTokens(prompt: unknown, outputCharacters: number): TokenUsage {
  const promptCharacters = JSON.stringify(prompt)?.length ?? 0;
  return {
    inputTokens: Math.ceil(promptCharacters / charactersPerToken),
    outputTokens: Math.ceil(outputCharacters / charactersPerToken),
  };
}
