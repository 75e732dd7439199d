export const mcp = 1;
