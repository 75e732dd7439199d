/** Something took longer than it may. It may still happen later; nobody waits for it any more. */
export class TookTooLong extends Error {
  override readonly name = "TookTooLong";
}

/**
 * Answers what `work` answers, or throws {@link TookTooLong} after `timeoutMs`. The work itself is not stopped,
 * and its late failure is swallowed: whoever asked has been told already.
 */
export async function within<T>(work: Promise<T>, timeoutMs: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const bell = new Promise<never>((_done, fail) => {
    timer = setTimeout(
      () => fail(new TookTooLong(`${what} took more than ${timeoutMs} ms`)),
      timeoutMs,
    );
  });
  work.catch(() => undefined);
  try {
    return await Promise.race([work, bell]);
  } finally {
    clearTimeout(timer);
  }
}
