/** Stands for a model: it answers, and says what that has cost in credits. */
export async function askModel(
  question: string,
  onCost?: (credits: number) => void,
): Promise<{ text: string; cost: number }> {
  const cost = Math.ceil(question.length / 10) / 2;
  onCost?.(cost);
  return { text: `You asked: ${question}`, cost };
}
