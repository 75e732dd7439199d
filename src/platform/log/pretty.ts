import type { DestinationStream } from "pino";

const hidden = new Set(["level", "time", "pid", "name", "msg", "err"]);

/** For a person at a terminal: `18:41:58 INFO web request answered route=/v1/wallets status=200`, stacks below. */
export function prettyStream(out: DestinationStream): DestinationStream {
  return { write: (line) => out.write(`${prettyLine(line)}\n`) };
}

function prettyLine(line: string): string {
  const parsed: unknown = JSON.parse(line);
  if (typeof parsed !== "object" || parsed === null) return line;
  const fields = new Map<string, unknown>(Object.entries(parsed));
  const time = plain(fields.get("time")).slice(11, 19);
  const level = plain(fields.get("level")).toUpperCase();
  const head = [time, level.padEnd(5), fields.get("name"), fields.get("msg")];
  const tail = [...fields]
    .filter(([name]) => !hidden.has(name))
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`);
  return [...head.filter(Boolean), ...tail].join(" ") + stackOf(fields.get("err"));
}

function stackOf(err: unknown): string {
  if (typeof err !== "object" || err === null) return "";
  const stack = "stack" in err ? err.stack : "message" in err ? err.message : undefined;
  return stack === undefined ? "" : `\n${plain(stack)}`;
}

function plain(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}
