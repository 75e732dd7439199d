// offends: source-imports-no-dev-dependency
import fc from "fast-check";
export const tool = fc;
