export { createMcpServer, type McpServerOptions } from "./server/create-mcp-server.js";
export type { Identity } from "./server/identity.js";
export {
  createHttpHandler,
  type HttpAccess,
  type McpHttpHandler,
} from "./http/create-http-handler.js";
export { paidTool } from "./paid/paid-tool.js";
export type {
  PaidPrice,
  PaidRun,
  PaidToolDetails,
  PaidToolOptions,
  Units,
} from "./paid/paid-price.js";
export { errorKey, type Receipt, receiptKey } from "./paid/receipt.js";
export { type ToolError } from "./tools/tool-error.js";
