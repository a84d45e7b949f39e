import type { SessionInfo } from "@millrace/shared";
import type { Actor } from "../context.ts";

export const presentSession = (actor: Actor): SessionInfo => ({
  user: { id: actor.userId, email: actor.email, name: actor.name },
  organization: { id: actor.organizationId, name: actor.organizationName },
  role: actor.role,
  via: actor.via,
});
