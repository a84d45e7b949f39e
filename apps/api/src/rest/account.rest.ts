import { CreatedToken, CreateTokenInput, SessionInfo, Token } from "@millrace/shared";
import { z } from "zod";
import { restRoute } from "./rest-route.ts";

export const accountRoutes = [
  restRoute({
    method: "GET",
    url: "/api/me",
    procedure: "accounts.me",
    status: 200,
    tag: "Account",
    summary: "Who the session or token is, and with which role",
    response: SessionInfo,
    errors: [],
  }),
  restRoute({
    method: "GET",
    url: "/api/tokens",
    procedure: "tokens.list",
    status: 200,
    tag: "Account",
    summary: "List your API tokens; an admin sees all of the organization's",
    response: z.array(Token),
    errors: [],
  }),
  restRoute({
    method: "POST",
    url: "/api/tokens",
    procedure: "tokens.create",
    status: 201,
    tag: "Account",
    summary: "Make an API token; its secret is shown this once",
    body: CreateTokenInput,
    unknownFields: "refused",
    response: CreatedToken,
    errors: ["SESSION_REQUIRED"],
  }),
  restRoute({
    method: "DELETE",
    url: "/api/tokens/:id",
    procedure: "tokens.revoke",
    status: 200,
    tag: "Account",
    summary: "Revoke an API token",
    response: z.strictObject({ message: z.string() }),
    respond: () => ({ message: "Token revoked successfully" }),
    errors: ["TOKEN_NOT_FOUND"],
  }),
];
