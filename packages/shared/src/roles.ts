import { z } from "zod";
import { ROLES } from "./role-order.ts";

export const Role = z.enum(ROLES);
export type Role = z.infer<typeof Role>;
