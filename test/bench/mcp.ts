import { Chargly } from "@chargly/sdk";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { type Benchmark, type Figure, figure, percentile } from "./figures.js";
import { latenciesOf } from "./latencies.js";
import { openRig } from "./rig.js";
import { rounds, roundSeconds } from "./scale.js";

const secondsUsual = 4;
const inFlights = [1, 16] as const;
const sharesOf = { p50: 0.5, p99: 0.99 } as const;
const customerId = "user_123";

/** One agent's token, asking for its wallet both ways. */
export const mcp: Benchmark = {
  name: "mcp",
  about:
    "get_wallet over HTTP /mcp by a real client, against the two REST calls that it is and against one",
  run: async (say) => {
    const rig = await openRig();
    try {
      const { url } = await rig.start("web", { RATE_LIMIT_PER_SECOND: "100000" });
      const chargly = new Chargly({ apiKey: rig.apiKey, baseUrl: url });
      await chargly.wallets.grant(customerId, { credits: 547, reason: "bench" });
      const order = { customerId, name: "bench", total: 100 };
      const { token } = await chargly.agentTokens.create(order);
      return await measure({ url, token, say });
    } finally {
      await rig.stop();
    }
  },
};

interface Subject {
  readonly url: string;
  readonly token: string;
  readonly say: (line: string) => void;
}

type Side = "mcp" | "rest" | "both";

async function measure({ url, token, say }: Subject): Promise<readonly Figure[]> {
  const headers = { authorization: `Bearer ${token}` };
  const client = new Client({ name: "bench", version: "1" });
  await client.connect(
    new StreamableHTTPClientTransport(new URL("/mcp", url), { requestInit: { headers } }),
  );
  const get = async (path: string): Promise<void> => {
    const response = await fetch(`${url}${path}`, { headers });
    await response.json();
    if (response.status !== 200) throw new Error(`${path} was answered ${response.status}`);
  };
  const calls: Readonly<Record<Side, () => Promise<void>>> = {
    mcp: async () => {
      const { isError } = await client.callTool({ name: "get_wallet", arguments: {} });
      if (isError === true) throw new Error("get_wallet failed");
    },
    rest: () => get(`/v1/wallets/${customerId}`),
    // What get_wallet asks: the wallet, and what is left of the token's budget.
    both: async () => {
      await Promise.all([get(`/v1/wallets/${customerId}`), get("/v1/agent-token")]);
    },
  };
  const found = new Map<string, number[]>();
  for (let round = 0; round <= rounds; round++)
    for (const inFlight of inFlights)
      for (const side of ["rest", "both", "mcp"] as const) {
        const latencies = await latenciesOf(calls[side], inFlight, roundSeconds(secondsUsual));
        if (round === 0) continue;
        for (const [name, share] of Object.entries(sharesOf)) {
          const key = `${side}.${name}@${inFlight}`;
          found.set(key, [...(found.get(key) ?? []), percentile(latencies, share)]);
        }
        const p50 = percentile(latencies, 0.5).toFixed(2);
        say(
          `round ${round}/${rounds}  ${side}@${inFlight}  p50 ${p50} ms  ${latencies.length} times`,
        );
      }
  await client.close();
  return inFlights.flatMap((inFlight) =>
    Object.keys(sharesOf).flatMap((name) => {
      const at = (side: Side) => found.get(`${side}.${name}@${inFlight}`) ?? [];
      return [
        figure(`mcp.getWallet.${name}@${inFlight}`, "ms", at("mcp"), at("rest")),
        figure(`mcp.getWallet.${name}@${inFlight}.bothCalls`, "ms", at("mcp"), at("both")),
      ];
    }),
  );
}
