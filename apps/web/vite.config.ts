import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Where `pnpm dev` keeps the API; the built app is served by the API itself, so there both have one origin. */
const API_ORIGIN = "http://127.0.0.1:5001";

/** The host stays the browser's own: the API refuses a request whose origin is another. */
const toApi = { target: API_ORIGIN, changeOrigin: false };

export default defineConfig({
  plugins: [react(), tailwindcss()],
  build: {
    // Small fonts and icons inlined as data: URLs would be refused by the content security policy.
    assetsInlineLimit: 0,
    // Every browser that knows the CSS in use preloads modules by itself.
    modulePreload: { polyfill: false },
  },
  server: {
    port: 5570,
    strictPort: true,
    proxy: { "/trpc": toApi, "/api": toApi },
  },
});
