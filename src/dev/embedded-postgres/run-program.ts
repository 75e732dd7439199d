import { spawn } from "node:child_process";
import { basename } from "node:path";
import type { Account } from "./account.js";
import { EmbeddedPostgresError, systemErrorCode, useDatabaseUrl } from "./errors.js";

const outputCharsMax = 4_000;

/** The little that a PostgreSQL program needs to know; nothing of our own environment leaks into it. */
export function programEnvironment(): NodeJS.ProcessEnv {
  return { PATH: process.env["PATH"] ?? "/usr/bin:/bin", LC_ALL: "C", TZ: "UTC" };
}

export function asAccount(account: Account | undefined): { uid?: number; gid?: number } {
  return account === undefined ? {} : { uid: account.uid, gid: account.gid };
}

/** Runs a program to its end. Throws with the end of its output when it fails. */
export function runProgram(
  path: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly account: Account | undefined },
): Promise<string> {
  return new Promise((done, fail) => {
    const child = spawn(path, args, {
      cwd: options.cwd,
      env: programEnvironment(),
      stdio: ["ignore", "pipe", "pipe"],
      ...asAccount(options.account),
    });
    let output = "";
    const keep = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-outputCharsMax);
    };
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    child.once("error", (error) => fail(cannotRun(path, error)));
    child.once("close", (code, signal) => {
      if (code === 0) return done(output);
      const end = code === null ? `was stopped by ${signal}` : `exited with ${code}`;
      fail(new EmbeddedPostgresError(`${basename(path)} ${end}: ${output.trim()}`));
    });
  });
}

/** Says in words why a PostgreSQL program could not be started at all. */
export function cannotRun(path: string, error: Error): EmbeddedPostgresError {
  const why =
    systemErrorCode(error) === "ENOENT"
      ? "it needs a Linux with glibc, or a part of it is missing (try npm install again)"
      : error.message;
  return new EmbeddedPostgresError(
    `The PostgreSQL program ${path} does not run on this machine: ${why}. ${useDatabaseUrl}`,
  );
}
