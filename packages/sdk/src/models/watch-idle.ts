import { CharglyError } from "../errors/errors.js";

/** Whether anybody reads a stream. */
export interface Reading {
  /** A read begins: as long as the model takes does not count. Throws when the stream was given up. */
  readonly begin: () => void;
  /** What was read is handed over. */
  readonly rest: () => void;
  readonly stop: () => void;
  /** Told once, when nobody has read for too long. */
  readonly onGivenUp: (listener: (error: CharglyError) => void) => void;
}

/** Watches a stream that nobody has begun to read. It does not keep the process alive. */
export function watchIdle(seconds: number): Reading {
  const listeners: ((error: CharglyError) => void)[] = [];
  let givenUp: CharglyError | undefined;
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => clearTimeout(timer);
  const giveUp = (): void => {
    const what = `Nobody has read this stream for ${seconds} s, so it was ended and its hold, too.`;
    const error = new CharglyError(what);
    givenUp = error;
    for (const listener of listeners) listener(error);
  };
  const rest = (): void => {
    stop();
    timer = setTimeout(giveUp, seconds * 1_000).unref();
  };
  rest();
  return {
    begin: () => {
      if (givenUp !== undefined) throw givenUp;
      stop();
    },
    rest,
    stop,
    onGivenUp: (listener) => void listeners.push(listener),
  };
}
