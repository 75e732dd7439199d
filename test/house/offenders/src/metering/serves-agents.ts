// offends: only-app-imports-the-mcp-server
import { mcp } from "../../packages/mcp/src/index.js";
export const served = mcp;
