import type { OpenCase } from "../state.svelte";
import type { LiveFollowing } from "./live.svelte";

/** What each part of the page of a followed plan is given. */
export interface Part {
  open: OpenCase;
  live: LiveFollowing;
  /** Name of a place. */
  place: (hub: string | null) => string;
}
