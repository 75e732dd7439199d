/** Stands for a model: it answers, and says what that has cost in credits. */
export async function askModel(question: string): Promise<{ text: string; cost: number }> {
  return { text: `You asked: ${question}`, cost: Math.ceil(question.length / 10) / 2 };
}
