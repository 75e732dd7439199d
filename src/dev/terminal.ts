import { styleText } from "node:util";

const startMs = performance.now();

export function printLine(text = ""): void {
  process.stdout.write(`${text}\n`);
}

/** A thing that is done, with the seconds since the process began. */
export function printStep(step: string): void {
  const seconds = ((performance.now() - startMs) / 1_000).toFixed(1).padStart(5);
  printLine(`${paint("green", "✓")} ${step.padEnd(58)} ${paint("dim", `${seconds} s`)}`);
}

export function secondsSinceStart(): number {
  return (performance.now() - startMs) / 1_000;
}

/** Colour for terminals; plain text for pipes and with NO_COLOR. */
export function paint(style: "green" | "red" | "bold" | "dim" | "cyan", text: string): string {
  return styleText(style, text, { stream: process.stdout, validateStream: true });
}
