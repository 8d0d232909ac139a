import "@cloudscape-design/global-styles/index.css";
import "@fontsource-variable/inter";
import "./generated/theme.css";
import "./style.css";

import { I18nProvider } from "@cloudscape-design/components/i18n";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { ApiError } from "./api/client";
import { beginMlflow } from "./features/tracking-server/first";
import { router } from "./router";
import { applyTheme } from "./shared/theme";

applyTheme();
beginMlflow();
/** Names of signs that stand without words: the library has some only in messages. */
const MESSAGES = [{ "cloudscape-design-components": { en: { tabs: { "i18nStrings.scrollLeftAriaLabel": "Earlier tabs", "i18nStrings.scrollRightAriaLabel": "Further tabs" } } } }];
const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5000,
      // What the studio refused stays refused; only an unreachable one is asked again.
      retry: (count, error) => count < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 500),
    },
  },
});

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <I18nProvider locale="en" messages={MESSAGES}>
        <RouterProvider router={router} />
      </I18nProvider>
    </QueryClientProvider>
  </StrictMode>,
);
