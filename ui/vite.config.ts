import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

// Cloudscape's global styles embed eight faces of a typeface we do not use.
const withoutEmbeddedFaces: Plugin = {
  name: "without-embedded-faces",
  enforce: "pre",
  transform(code, id) {
    return id.includes("global-styles") && id.endsWith(".css") ? code.replace(/@font-face\s*\{[^}]*\}/g, "") : null;
  },
};

export default defineConfig({
  plugins: [withoutEmbeddedFaces, react()],
  build: { chunkSizeWarningLimit: 1600 },
  server: { proxy: { "/api": "http://127.0.0.1:8787", "/signin": "http://127.0.0.1:8787", "^/spaces/[0-9]{12}/": { target: "http://127.0.0.1:8787", ws: true } } },
});
