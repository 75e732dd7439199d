import {
  appendFileSync,
  closeSync,
  existsSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { resolve } from "node:path";
import { CharglyError } from "../errors/errors.js";

const compactBytes = 1024 * 1024;
const openHere = new Set<string>();

/**
 * Lines that survive the process, until they are acknowledged. What a call has written is with the operating system when it
 * returns, so a killed process loses nothing; a machine that loses power may lose the last second.
 */
export class Spool {
  /** What an earlier process left, in its order. */
  readonly left: readonly string[];
  private readonly file: string;
  private fd: number;
  private size: number;
  private doneBytes = 0;

  /** Throws {@link CharglyError} while another process has the file: two would cut off each other's lines. */
  constructor(file: string) {
    this.file = resolve(file);
    lock(this.file);
    try {
      const text = existsSync(this.file) ? readFileSync(this.file, "utf8") : "";
      // The last line was being written when the process died, so nobody was told that it is kept.
      const whole = text.slice(0, text.lastIndexOf("\n") + 1);
      this.left = whole.split("\n").filter((line) => line !== "" && this.isReadable(line));
      this.fd = openSync(this.file, "a");
      this.size = Buffer.byteLength(whole);
      ftruncateSync(this.fd, this.size);
    } catch (error) {
      unlock(this.file);
      throw error;
    }
  }

  /** Throws when the disk is full or gone; then nothing of the line is kept. */
  append(line: string): void {
    const bytes = Buffer.from(`${line}\n`);
    try {
      if (writeSync(this.fd, bytes) !== bytes.length) throw new CharglyError("The spool is full.");
    } catch (error) {
      ftruncateSync(this.fd, this.size);
      throw error;
    }
    this.size += bytes.length;
  }

  /** `rest` are all the lines that are not done yet. */
  done(bytes: number, rest: readonly { readonly line: string }[]): void {
    this.doneBytes += bytes;
    if (rest.length === 0) {
      ftruncateSync(this.fd, 0);
      this.size = 0;
      this.doneBytes = 0;
    } else if (this.doneBytes >= compactBytes) this.rewrite(rest);
  }

  close(): void {
    closeSync(this.fd);
    unlock(this.file);
  }

  private rewrite(rest: readonly { readonly line: string }[]): void {
    const text = rest.map(({ line }) => `${line}\n`).join("");
    writeFileSync(`${this.file}.new`, text);
    renameSync(`${this.file}.new`, this.file);
    closeSync(this.fd);
    this.fd = openSync(this.file, "a");
    this.size = Buffer.byteLength(text);
    this.doneBytes = 0;
  }

  private isReadable(line: string): boolean {
    try {
      const event: unknown = JSON.parse(line);
      if (typeof event === "object" && event !== null && "id" in event) return true;
    } catch {
      // Kept aside below.
    }
    appendFileSync(`${this.file}.damaged`, `${line}\n`);
    return false;
  }
}

function lock(file: string): void {
  const owner = ownerOf(file);
  const isMine = owner === process.pid;
  if (openHere.has(file) || (owner !== undefined && !isMine && isAlive(owner)))
    throw new CharglyError(
      `The spool ${file} belongs to process ${owner ?? process.pid}. Give each process a file of its own, or delete ${file}.lock if that is no Chargly client.`,
    );
  writeFileSync(`${file}.lock`, String(process.pid));
  openHere.add(file);
}

function unlock(file: string): void {
  openHere.delete(file);
  rmSync(`${file}.lock`, { force: true });
}

function ownerOf(file: string): number | undefined {
  if (!existsSync(`${file}.lock`)) return undefined;
  const pid = Number(readFileSync(`${file}.lock`, "utf8"));
  return Number.isSafeInteger(pid) && pid > 0 ? pid : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
