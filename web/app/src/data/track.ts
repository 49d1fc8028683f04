// A parcel by its number, for whoever has the number: the one door that needs no session.
import { BASE, contentOf, path, reach, TRIES } from "./ask";

/** A milestone as it was planned, is expected, and was. */
export interface Passed {
  milestone: string;
  planned: string | null;
  estimated: string | null;
  actual: string | null;
}

export interface Tracked {
  number: string;
  status: string;
  as_of: string | null;
  carried: Passed[];
  promised: string | null;
  /** As many arrive earlier as later. */
  expected: string | null;
  /** Four of five arrive by then. */
  at_latest: string | null;
}

/** Ask for a parcel; a number that is unknown or not shown is a 404. */
export async function lookUp(number: string): Promise<Tracked> {
  return contentOf<Tracked>(await reach(BASE + path("track", number), { credentials: "omit" }, TRIES));
}
