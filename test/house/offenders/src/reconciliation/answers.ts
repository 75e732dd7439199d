export const answer = 2;
