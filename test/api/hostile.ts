/** Bodies that no route takes, whatever it does: each with the refusal that it gets. */
export interface HostileBody {
  readonly what: string;
  readonly body: string | Buffer;
  readonly status: number;
  readonly code: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const invalid = { status: 400, code: "invalid_request" } as const;
const malformed = { status: 400, code: "malformed_json" } as const;
const unsupported = { status: 415, code: "unsupported_media_type" } as const;

/** Made from a body that the route would take, so that nothing else is wrong with them. */
export function hostileBodies(valid: Readonly<Record<string, unknown>>): readonly HostileBody[] {
  const json = JSON.stringify(valid);
  const isEmpty = json === "{}";
  const withMember = (member: string) => json.replace("{", isEmpty ? `{${member}` : `{${member},`);
  const deep = (open: string, close: string, depth: number) =>
    `${open.repeat(depth)}1${close.repeat(depth)}`;
  return [
    { what: "an unknown field", body: withMember('"admin":true'), ...invalid },
    { what: "a known field in other letters", body: withMember('"CUSTOMERID":"x"'), ...invalid },
    { what: "a list", body: `[${json}]`, ...invalid },
    { what: "null", body: "null", ...invalid },
    { what: "a text", body: JSON.stringify(json), ...invalid },
    { what: "half a document", body: json.slice(0, -1), ...malformed },
    { what: "two documents", body: json + json, ...malformed },
    { what: "NaN", body: withMember('"x":NaN'), ...malformed },
    { what: "Infinity", body: withMember('"x":-Infinity'), ...malformed },
    { what: "a comment", body: `${json}//`, ...malformed },
    { what: "a raw NUL", body: withMember('"x":"a\u0000"'), ...malformed },
    {
      what: "lists 100,000 deep",
      body: withMember(`"x":${deep("[", "]", 100_000)}`),
      ...malformed,
    },
    {
      what: "objects 40,000 deep",
      body: withMember(`"x":${deep('{"a":', "}", 40_000)}`),
      ...malformed,
    },
    { what: "brackets without end", body: "[".repeat(200_000), ...malformed },
    { what: "__proto__", body: withMember('"__proto__":{"admin":true}'), ...invalid },
    { what: "__proto__ in escapes", body: withMember('"\\u005f_proto__":{}'), ...invalid },
    { what: "a constructor", body: withMember('"constructor":{"prototype":{}}'), ...invalid },
    { what: "an escaped NUL", body: withMember('"x":"\\u0000"'), ...invalid },
    { what: "half a surrogate pair", body: withMember('"x":"\\ud800"'), ...invalid },
    { what: "a NUL in a name", body: withMember('"\\u0000":1'), ...invalid },
    {
      what: "10 MB",
      body: Buffer.alloc(10 * 1024 * 1024, " "),
      status: 413,
      code: "body_too_large",
    },
    ...["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "json"].map(
      (type) => ({
        what: `the content type "${type}"`,
        body: json,
        headers: { "content-type": type },
        ...unsupported,
      }),
    ),
    { what: "gzip", body: json, headers: { "content-encoding": "gzip" }, ...unsupported },
  ];
}

/** Values of the wrong type or shape for a text that names something. */
export const wrongTexts: readonly unknown[] = [
  null,
  5,
  true,
  [],
  ["user_123"],
  {},
  { toString: "x" },
  "",
  " ",
  "..",
  "a\nb",
  "a\u200bb",
  "a\u0000b",
  "\ud800",
  "x".repeat(256),
];
