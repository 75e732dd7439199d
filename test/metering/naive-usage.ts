/** An event as the test sends it, under the id it has in this run. */
export interface Sent {
  readonly id: string;
  readonly event: string;
  readonly quantity: number;
  /** Its own price. */
  readonly own: number | null;
  readonly holdId?: string | undefined;
}

export interface Ended {
  readonly status: "applied" | "rejected";
  readonly credits: number;
  readonly shortfall: number;
}

/** `refused again`: it was kept as rejected, and is the same. */
type Answer = "applied" | "refused" | "duplicate" | "refused again" | "conflict";

const prices: Readonly<Record<string, (quantity: number) => number>> = {
  "chat.reply": () => 1,
  "image.generate": (quantity) => 2.5 * quantity,
  "video.render": (quantity) => quantity,
  "agent.run": (quantity) => quantity,
};
const debtMax = 5;

/** One wallet as somebody would keep it on paper, one event at a time. Amounts are halves, so plain numbers are exact. */
export function naiveUsage() {
  let [available, debt] = [0, 0];
  const holds = new Map<string, number>();
  const kept = new Map<string, { readonly sent: Sent; readonly ended: Ended }>();

  const payFrom = (credits: number): void => {
    const repaid = Math.min(debt, credits);
    debt -= repaid;
    available += credits - repaid;
  };
  const rejected: Ended = { status: "rejected", credits: 0, shortfall: 0 };
  const take = (fromAvailable: number, owed: number, price: number): Ended => {
    available -= fromAvailable;
    debt += owed;
    const credits = fromAvailable + owed;
    return { status: "applied", credits, shortfall: price - credits };
  };
  const capture = (holdId: string, price: number): Ended => {
    const left = holds.get(holdId) ?? 0;
    if (price > left) return rejected;
    if (price === left) holds.delete(holdId);
    else holds.set(holdId, left - price);
    return { status: "applied", credits: price, shortfall: 0 };
  };
  const decide = ({ event, quantity, own, holdId }: Sent): Ended => {
    const price = own ?? prices[event]?.(quantity);
    if (price === undefined) return rejected;
    if (holdId !== undefined) return capture(holdId, price);
    const there = Math.min(available, price);
    if (event === "agent.run") {
      const owed = price - there;
      return owed > 0 && debt + owed > debtMax ? rejected : take(there, owed, price);
    }
    if (debt > 0 && price > 0) return rejected;
    if (event === "video.render") return take(there, 0, price);
    return there < price ? rejected : take(price, 0, price);
  };

  return {
    /** @param keepsRefused whether a refused event is kept as rejected, and may not come again */
    use: (sent: Sent, keepsRefused: boolean): Answer => {
      const first = kept.get(sent.id);
      if (first !== undefined) {
        if (!isSame(first.sent, sent)) return "conflict";
        return first.ended.status === "applied" ? "duplicate" : "refused again";
      }
      const ended = decide(sent);
      if (ended.status === "applied" || keepsRefused) kept.set(sent.id, { sent, ended });
      return ended.status === "applied" ? "applied" : "refused";
    },
    grant: payFrom,
    /** Whether the wallet can pay the hold. */
    canHold: (credits: number): boolean => debt === 0 && credits <= available,
    hold: (id: string, credits: number): void => {
      available -= credits;
      holds.set(id, credits);
    },
    openHold: (): string | undefined => [...holds.keys()][0],
    release: (id: string): void => {
      payFrom(holds.get(id) ?? 0);
      holds.delete(id);
    },
    wallet: () => {
      const held = [...holds.values()].reduce((sum, left) => sum + left, 0);
      return { available, held, debt, total: available + held - debt };
    },
    kept: (): ReadonlyMap<string, Ended> =>
      new Map([...kept].map(([id, { ended }]) => [id, ended])),
  };
}

function isSame(a: Sent, b: Sent): boolean {
  return (
    a.event === b.event && a.quantity === b.quantity && a.own === b.own && a.holdId === b.holdId
  );
}
