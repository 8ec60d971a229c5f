/** Everything that is around the screens: the look, the services, what was read. */

import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useState } from "react";
import type { ApiClient } from "./api/client";
import { ApiContext } from "./api/context";
import { router } from "./router";
import { theme } from "./theme";

/** Events say when something is old (see live/); this is only for what is left and come back to. */
const FRESH_MS = 2_000;

export function App({ api, nonce }: { api: ApiClient; nonce: string }) {
  const [queries] = useState(
    () =>
      new QueryClient({
        defaultOptions: {
          queries: { staleTime: FRESH_MS, refetchOnWindowFocus: false, refetchOnReconnect: false },
        },
      }),
  );
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => nonce}>
      <QueryClientProvider client={queries}>
        <ApiContext value={api}>
          <Notifications position="bottom-right" limit={4} />
          <RouterProvider router={router} />
        </ApiContext>
      </QueryClientProvider>
    </MantineProvider>
  );
}
