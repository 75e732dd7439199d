import { Chargly, InsufficientCreditsError } from "@chargly/sdk";
import { askModel } from "./model.js";

const chargly = new Chargly(); // CHARGLY_API_KEY and CHARGLY_URL

/** A route handler as Next.js and others have it: a `Request` in, a `Response` out. */
export async function POST(request: Request): Promise<Response> {
  const { customerId, question } = (await request.json()) as Record<string, string>;
  const { allowed, because } = await chargly.check({ customerId: customerId ?? "", credits: 1 });
  if (!allowed) return Response.json({ because }, { status: 402 });
  const { text, cost: credits } = await askModel(question ?? "");
  try {
    const event = { customerId: customerId ?? "", event: "ask", credits };
    const { remainingBalance } = await chargly.meterEvent(event, { signal: request.signal });
    return Response.json({ text, remainingBalance });
  } catch (error) {
    if (!(error instanceof InsufficientCreditsError)) throw error;
    return Response.json({ buyHere: error.checkoutUrl }, { status: 402 });
  }
}
