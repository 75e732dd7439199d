import { Chargly, InsufficientCreditsError, type Run } from "@chargly/sdk";
import express from "express";
import { askModel } from "./model.js";

const chargly = new Chargly(); // CHARGLY_API_KEY and CHARGLY_URL
export const app = express().use(express.json());

app.post("/ask", async (request, response) => {
  const { customerId, question } = request.body as { customerId: string; question: string };
  try {
    const ask = (run: Run) => askModel(question, run.use);
    response.json(await chargly.withHold(customerId, { max: 5 }, ask));
  } catch (error) {
    if (!(error instanceof InsufficientCreditsError)) throw error;
    response.status(402).json({ missing: error.shortBy, buyHere: error.checkoutUrl });
  }
});
