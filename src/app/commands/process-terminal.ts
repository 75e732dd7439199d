import { createInterface } from "node:readline";
import { text as readAll } from "node:stream/consumers";
import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Refusal } from "../../kernel/refusals.js";
import { within } from "../../platform/queue/within.js";
import type { Terminal } from "./terminal.js";

const pipedWithinMs = 10_000;

/** The terminal of this process. `NO_COLOR` and pipes get plain text, `FORCE_COLOR` gets colours. */
export function processTerminal(): Terminal {
  const { NO_COLOR: noColor = "", FORCE_COLOR: forced = "" } = process.env;
  return {
    out: (text) => void process.stdout.write(text),
    stream: writeAll,
    err: (text) => void process.stderr.write(text),
    hasColor: noColor === "" && (process.stdout.isTTY || (forced !== "" && forced !== "0")),
    readSecret: (question) => (process.stdin.isTTY ? askHidden(question) : readPiped()),
    readInput: () => readAll(process.stdin),
  };
}

async function writeAll(chunks: AsyncIterable<string> | Iterable<string>): Promise<void> {
  try {
    await pipeline(Readable.from(chunks), process.stdout, { end: false });
  } catch (error) {
    // Whoever reads, such as `head`, has enough.
    if (!(error instanceof Error && "code" in error && error.code === "EPIPE")) throw error;
  }
}

/** Shows the question and nothing of the answer. */
function askHidden(question: string): Promise<string> {
  const hidden = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: hidden, terminal: true });
  process.stderr.write(question);
  return new Promise((answer, fail) => {
    lines.on("SIGINT", () => {
      fail(new Refusal("invalid_request", { detail: "Nothing was entered." }));
      lines.close();
    });
    lines.question("", (line) => {
      process.stderr.write("\n");
      lines.close();
      answer(line.trim());
    });
  });
}

/** The first line of what is piped in, which must end soon: a job runner may leave its pipe open for ever. */
async function readPiped(): Promise<string> {
  try {
    const piped = await within(readAll(process.stdin), pipedWithinMs, "reading standard input");
    return piped.split("\n")[0]?.trim() ?? "";
  } finally {
    process.stdin.destroy();
  }
}
