import { Chargly } from "@chargly/sdk";
import { paidTool } from "../src/index.js";
import { McpServer } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { z } from "zod";

/** Somebody's MCP server with a tool that costs credits and takes its time, to be killed meanwhile. */
serveStdio(() => {
  const server = new McpServer({ name: "seller", version: "1" });
  const details = {
    name: "dig",
    inputSchema: z.object({}),
    chargly: new Chargly(),
    customerId: process.env["CUSTOMER"] ?? "",
  };
  paidTool(server, { ...details, max: 5, expiresInSeconds: 60 }, async (_input, run) => {
    run.use(3);
    await new Promise(() => setInterval(() => undefined, 1_000));
    return { content: [] };
  });
  return server;
});
