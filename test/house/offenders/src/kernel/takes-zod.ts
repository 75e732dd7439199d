// offends: kernel-imports-only-typeid
import { z } from "zod";
export const schema = z;
