import { ExpressAdapter } from "@bull-board/express";
import type { RequestHandler } from "express";

type EntryRoute = Parameters<ExpressAdapter["setEntryRoute"]>[0];

const foreignFonts = /<link href="https:\/\/fonts\.googleapis\.com\/[^>]*>/;

/** Of a job's buttons and of a list's, the one that retries stays; menus hold nothing that is allowed. */
const allowedButtonsOnly = `<style>
:is(ul[class^="jobActions-"],ul[class^="queueActions-"])>li:not(:has(.lucide-refresh-cw)),
button[aria-haspopup="menu"]:has(.lucide-ellipsis-vertical){display:none}
</style></head>`;

/**
 * Bull Board's page without what it would load from another host, and without the buttons that the server refuses.
 * Hiding them is a courtesy; the gate in front is the lock.
 */
export class OperatorBoard extends ExpressAdapter {
  override setEntryRoute(entry: EntryRoute): ExpressAdapter {
    this.app.get(entry.route, (_request, response, next) => {
      const { name, params } = entry.handler({ basePath: this.basePath, uiConfig: this.uiConfig });
      this.app.render(name, params, (error: unknown, page: string) => {
        if (error !== null) return next(error);
        response
          .type("html")
          .send(page.replace(foreignFonts, "").replace("</head>", allowedButtonsOnly));
      });
    });
    return this;
  }

  handler(): RequestHandler {
    this.app.disable("x-powered-by");
    return this.app;
  }
}
