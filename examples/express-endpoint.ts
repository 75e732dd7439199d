import { Chargly, InsufficientCreditsError } from "@chargly/sdk";
import express from "express";
import { askModel } from "./model.js";

const chargly = new Chargly(); // CHARGLY_API_KEY and CHARGLY_URL

export const app = express().use(express.json());

/** An AI endpoint that nobody can use without paying, and that costs what it has cost. */
app.post("/ask", async (request, response) => {
  const { customerId, question } = request.body as { customerId: string; question: string };
  try {
    const answer = await chargly.withHold(customerId, { max: 5 }, async (run) => {
      const { text, cost } = await askModel(question);
      run.use(cost);
      return text;
    });
    response.json({ answer });
  } catch (error) {
    if (!(error instanceof InsufficientCreditsError)) throw error;
    response.status(402).json({ missing: error.shortBy, buyHere: error.checkoutUrl });
  }
});
