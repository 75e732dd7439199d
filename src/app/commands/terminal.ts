/** Where a command writes and asks. The entry file gives the real one. */
export interface Terminal {
  /** Answers: standard output. */
  readonly out: (text: string) => void;
  /** A long answer, piece by piece, as fast as it is taken. */
  readonly stream: (chunks: AsyncIterable<string> | Iterable<string>) => Promise<void>;
  /** Everything else: standard error. */
  readonly err: (text: string) => void;
  /** Whether escape codes for colours make sense. */
  readonly hasColor: boolean;
  /** Reads one secret that is not shown: asks at a terminal, or takes what is piped in. */
  readonly readSecret: (question: string) => Promise<string>;
  /** Reads all that is piped in. */
  readonly readInput: () => Promise<string>;
}

export type Style = "bold" | "dim" | "red" | "green" | "yellow";

const codes: Readonly<Record<Style, readonly [on: number, off: number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
};

/** Paints a text, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

export function createPaint(hasColor: boolean): Paint {
  if (!hasColor) return (_style, text) => text;
  return (style, text) => {
    const [on, off] = codes[style];
    return `\u001b[${on}m${text}\u001b[${off}m`;
  };
}
