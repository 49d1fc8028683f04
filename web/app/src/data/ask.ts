// Asking the server, and asking again where the connection was lost.
import type { Fault } from "./types";

export const BASE = "/api/v1";
export const TRIES = 3;
const PAUSE_MS = 700;

export type Query = Record<string, string | number | undefined>;

/** What the server refused, with the findings it named; status 0 where it was not reached. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly errors: Fault[] = [],
    readonly body: Record<string, unknown> = {},
  ) {
    super(message);
  }
}

/** Address of a door: each part is written so that it stays one part. */
export const path = (...parts: string[]) => "/" + parts.map(encodeURIComponent).join("/");

/** What follows the address; blank values are left out. */
export function search(query: Query = {}): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return text ? `?${text}` : "";
}

/** Ask, and ask again after a pause where the connection was lost. */
export async function reach(address: string, request: RequestInit, tries: number): Promise<Response> {
  try {
    return await fetch(address, request);
  } catch (error) {
    if (request.signal?.aborted) throw error;
    if (tries <= 1) throw new ApiError(0, "unreachable");
  }
  await new Promise((done) => setTimeout(done, PAUSE_MS));
  return reach(address, request, tries - 1);
}

/** The answer's content; what the server refused is thrown. */
export async function contentOf<T>(response: Response): Promise<T> {
  const content = response.headers.get("Content-Type")?.includes("json") ? await response.json() : null;
  if (response.ok) return content as T;
  throw new ApiError(response.status, content?.error ?? response.statusText, content?.errors ?? [], content ?? {});
}
