import { postJson } from "../../lib/http.ts";

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Sets the session's cookie. Rejects with the server's problem when the credentials are refused. */
export const signIn = (credentials: Credentials): Promise<void> => postJson("/api/auth/login", credentials);

/** Ends the session on the server and removes its cookie. */
export const signOut = (): Promise<void> => postJson("/api/auth/logout", {});
