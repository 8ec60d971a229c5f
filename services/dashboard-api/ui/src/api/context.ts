/** What every component may ask for: the services, and the moment that is looked at. */

import { createContext, useContext } from "react";
import type { ApiClient } from "./client";
import { msOf } from "./moments";

export const ApiContext = createContext<ApiClient | null>(null);
export const MomentContext = createContext<string | undefined>(undefined);

export function useApi(): ApiClient {
  const api = useContext(ApiContext);
  if (api === null) throw new Error("useApi is used outside of ApiContext");
  return api;
}

/** The moment looked at; undefined is now. Screens need it only to forbid what cannot be done in the past. */
export function useMoment(): string | undefined {
  return useContext(MomentContext);
}

/** When the moment looked at is, in milliseconds since 1970; null is now. */
export function useMomentMs(): number | null {
  const moment = useMoment();
  return moment === undefined ? null : msOf(moment);
}
