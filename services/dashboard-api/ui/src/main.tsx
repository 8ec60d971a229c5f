/** Starts the dashboard: asks where the services are, then shows what the address says. */

import "@fontsource-variable/inter/wght.css";
import "@fontsource-variable/jetbrains-mono/wght.css";
import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "./theme.css";
import { setNonce } from "get-nonce";
import { createRoot } from "react-dom/client";
import { App } from "./App";
import { ApiClient } from "./api/client";
import { loadConfig } from "./api/config";

/** The styles that libraries write while the page runs need the nonce of its policy. */
const nonce = document.querySelector<HTMLMetaElement>("meta[property=csp-nonce]")?.nonce ?? "";
setNonce(nonce);

const root = document.getElementById("root");
if (root) createRoot(root).render(<App api={new ApiClient(await loadConfig())} nonce={nonce} />);
