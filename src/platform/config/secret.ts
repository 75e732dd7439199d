import { inspect } from "node:util";

const shown = "[redacted]";

/** A value that does not print: not in a log, not in JSON, not in a template, not in the debugger's console. */
export class Secret<T = string> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  /** The value itself. Call it where it is used, and keep no copy. */
  reveal(): T {
    return this.#value;
  }

  toString(): string {
    return shown;
  }

  toJSON(): string {
    return shown;
  }

  [inspect.custom](): string {
    return shown;
  }
}
