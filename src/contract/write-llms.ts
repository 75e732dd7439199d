import type { ContractDocument } from "./document.js";
import { conventions, lead } from "./introduction.js";
import { operationsOf } from "./operations-of.js";
import { refusalCodes, refusalDocs } from "./refusals/refusal-docs.js";

/** The contract as `/llms.txt`: short Markdown that a language model reads whole, with links to the rest. */
export function writeLlms(document: ContractDocument): string {
  const { info, tags, servers } = document;
  const base = servers[0]?.url ?? "";
  const operations = operationsOf(document);
  const topics = tags.map(({ name, description }) =>
    [
      `## ${name}`,
      description,
      operations
        .filter((operation) => operation.tags.includes(name))
        .map(({ operationId, method, path, summary, description: more }) => {
          const call = `${method.toUpperCase()} ${path}`;
          const said = more === undefined ? `${summary}.` : `${summary}. ${more}`;
          return `- [${operationId}](${base}/docs#${operationId}): \`${call}\`: ${said}`;
        })
        .join("\n"),
    ].join("\n\n"),
  );
  const refused = refusalCodes.map((code) => {
    const { status, happened, fix } = refusalDocs(code);
    return `- [${code}](${base}/docs#${code}): ${status}. ${happened} ${fix}`;
  });
  return `${[
    `# ${info.title}`,
    `> ${String(info["summary"])}`,
    lead,
    `Base address: ${base}. Every field, with examples: [openapi.json](${base}/openapi.json). For people: [reference](${base}/docs).`,
    ...conventions.map(({ title, text }) => `- ${title}: ${text}`),
    ...topics,
    `## Refusals\n\nRFC 9457 problems; decide by \`code\`.\n\n${refused.join("\n")}`,
  ].join("\n\n")}\n`;
}
