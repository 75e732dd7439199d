export const money = "USD";
