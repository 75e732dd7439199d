export { createMcpServer, type McpServerOptions } from "./server/create-mcp-server.js";
export type { Identity } from "./server/identity.js";
export {
  createHttpHandler,
  type HttpAccess,
  type McpHttpHandler,
} from "./http/create-http-handler.js";
