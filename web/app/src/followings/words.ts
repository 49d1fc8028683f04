import type { ParcelRow } from "../data/followings";
import type { AppWords } from "../data/words";

/** Why a parcel is late or in danger, in words. */
export function whyLate(w: AppWords, row: Pick<ParcelRow, "why">): string {
  return row.why.map((why) => w.word("why", why)).join(" ");
}
