export const lead =
  "Your customers buy credit packs with Stripe Checkout, the credits are in their wallet, and metering takes them away for every action: exactly once, never below zero, and able to say why.";

/** The rules of all operations, for people. Written in the small Markdown that the page understands. */
export const conventions = [
  {
    id: "keys",
    title: "API keys",
    text: "Send `Authorization: Bearer chg_test_…` with each request. A key belongs to one project, which is either test or live, and has scopes; each operation names those it needs. A key is a secret of your backend: never send it to a browser or an app. Agents have tokens instead (`chg_agent_test_…`), which act for one customer, within a budget, until they expire; operations that take them name the tool that a token needs.",
  },
  {
    id: "mcp",
    title: "MCP",
    text: "Agents may use the Model Context Protocol instead: this server speaks it at `/mcp` (Streamable HTTP, without sessions), with the same tokens as bearer; a secret key is refused there. A tool is one or two of these operations, so it may do what they allow and is refused as they are. Over stdio it is `npx chargly-mcp`.",
  },
  {
    id: "amounts",
    title: "Credits and money",
    text: 'Credits are numbers with at most six decimals, such as `547` or `0.0025`, exact in both directions; strings of digits are taken too. Money is in whole minor units: `{"amount": 999, "currency": "usd"}`. Times are ISO 8601 in UTC.',
  },
  {
    id: "customers",
    title: "Customers",
    text: "`customerId` is your own id of a customer. Nothing has to be created first: a wallet opens when it is first written to, and reads as an empty one before.",
  },
  {
    id: "idempotency",
    title: "Repeating requests",
    text: "Where credits or money move, send an `Idempotency-Key` that is new for each intent. The same key with the same request gets the first answer again (`Idempotent-Replayed: true`); with another request it is refused. A 5xx, a timeout or a broken connection is then always safe to repeat. A usage event has an `id` of its own that does the same.",
  },
  {
    id: "lists",
    title: "Lists",
    text: 'A list answers `{"data": […], "hasMore": true, "nextCursor": "…"}`. Send `nextCursor` as `cursor` to read on. `limit` is 1 to 100.',
  },
  {
    id: "limits",
    title: "Rate limits",
    text: "`RateLimit` and `RateLimit-Policy` say how many requests a second a key may send. Beyond that the answer is 429 with `Retry-After`.",
  },
  {
    id: "change",
    title: "Change",
    text: "Answers may gain fields, and codes may be added, so ignore what you do not know. Fields and codes that are there keep their meaning. Requests with unknown fields are refused, so that a misspelt one is not lost in silence.",
  },
] as const;

/** What stands above the operations. */
export const info = {
  title: "Chargly",
  version: "1",
  summary: "Prepaid credits: bought with Stripe Checkout, kept in a ledger, spent by metering.",
  description: [lead, ...conventions.map(({ title, text }) => `## ${title}\n\n${text}`)].join(
    "\n\n",
  ),
  license: { name: "Apache-2.0", identifier: "Apache-2.0" },
} as const;

export const securitySchemes = {
  bearer: {
    type: "http",
    scheme: "bearer",
    description:
      "An API key of the project: `Authorization: Bearer chg_test_…`. It is a secret of your backend. Its scopes say what it may do.",
  },
  basic: {
    type: "http",
    scheme: "basic",
    description: "The same API key as user name, with an empty password.",
  },
} as const;

/** By topic, in the order of the page. Every tag of a route stands here. */
export const tags = [
  { name: "Wallets", description: "What a customer has, what happened, and credits by hand." },
  { name: "Checkouts", description: "Selling a credit pack with Stripe Checkout." },
  { name: "Credit packs", description: "What can be bought, in versions." },
  { name: "Purchases", description: "What was bought, and giving money back." },
  { name: "Usage", description: "What customers do, and what it took from their wallets." },
  { name: "Quotes", description: "What something would cost, before it is done." },
  { name: "Holds", description: "Credits set aside for what is running." },
  { name: "Rate cards", description: "What actions cost, in versions." },
  { name: "Limits", description: "How much may be spent, and freezing." },
  { name: "Agents", description: "Tokens for agents that act for one customer, within a budget." },
  { name: "Reports", description: "What a month came to." },
  {
    name: "Operations",
    description: "For operators: compare with Stripe, see what differs and what failed, try again.",
  },
  { name: "Stripe", description: "What Stripe calls." },
] as const;
