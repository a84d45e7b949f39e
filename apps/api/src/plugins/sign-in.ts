import type { Platform } from "@millrace/rpc";
import { AppError, SignInInput, type User } from "@millrace/shared";
import type { FastifyPluginAsync, FastifyRequest } from "fastify";

export interface SignInOptions {
  readonly platform: Platform;
}

/** Signing in and out, which set and clear a cookie. `/login` and `username` are the words of scripts that exist already. */
export const signIn: FastifyPluginAsync<SignInOptions> = async (app, { platform }) => {
  for (const url of ["/login", "/api/auth/login"]) {
    app.post(url, { config: { isPublic: true } }, async (request, reply): Promise<{ user: User }> => {
      const { user, setCookies } = await platform.access.signIn(inputOf(request), request.ip);
      reply.header("set-cookie", setCookies);
      return { user };
    });
  }
  app.post("/api/auth/logout", { config: { isPublic: true } }, async (request, reply) => {
    const setCookies = await platform.access.signOut(request.headers.cookie, request.ip);
    reply.header("set-cookie", setCookies);
    return { message: "Signed out" };
  });
};

function inputOf({ body }: FastifyRequest): SignInInput {
  const { email, username, password } = (typeof body === "object" && body !== null ? body : {}) as Record<
    string,
    unknown
  >;
  const input = SignInInput.safeParse({ email: email ?? username, password });
  if (input.success) return input.data;
  const [issue] = input.error.issues;
  throw new AppError("VALIDATION_FAILED", {
    params: { issue: issue ? `${issue.path.join(".")}: ${issue.message}` : "The body is not an object" },
  });
}
