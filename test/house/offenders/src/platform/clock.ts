export interface Clock {
  readonly now: () => Date;
}
export const clock: Clock = { now: () => new Date() };
