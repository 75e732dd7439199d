export { createMcpServer, type McpServerOptions } from "./server/create-mcp-server.js";
export type { Identity } from "./server/identity.js";
