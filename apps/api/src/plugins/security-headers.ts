import helmet from "@fastify/helmet";
import fp from "fastify-plugin";

export interface SecurityHeadersOptions {
  readonly publicUrl: string | null;
}

/**
 * On every answer, errors included (security.md S42). Scripts come from this very address and are never inline. Styles may be
 * inline: notifications, the editor and the API page bring theirs that way, and a style cannot call out under this policy.
 */
export const securityHeaders = fp<SecurityHeadersOptions>(async (app, { publicUrl }) => {
  const isHttps = publicUrl?.startsWith("https://") ?? false;
  await app.register(helmet, {
    global: true,
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", "data:"],
        fontSrc: ["'self'", "data:"],
        connectSrc: ["'self'"],
        manifestSrc: ["'self'"],
        workerSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    // Only where TLS is known to be in front, or a plain-http host would lock its users out for a year.
    hsts: isHttps ? { maxAge: 31_536_000, includeSubDomains: false } : false,
    frameguard: { action: "deny" },
    referrerPolicy: { policy: "no-referrer" },
    crossOriginOpenerPolicy: { policy: "same-origin" },
    crossOriginResourcePolicy: { policy: "same-origin" },
  });
  app.addHook("onRequest", async (_request, reply) => {
    reply.header("cache-control", "no-store");
    reply.header("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()");
  });
});
