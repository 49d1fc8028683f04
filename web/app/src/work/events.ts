// Events that are tried on a plan: what the form holds, and how the server is told.

export const HAPPENINGS = ["close", "limit", "delay", "surcharge", "known"] as const;
export type Happening = (typeof HAPPENINGS)[number];

export interface EventDraft {
  what: Happening;
  /** Id of a place, a handling or a service; of an event of the case where that is meant. */
  resource: string;
  /** Percent that is left, hours, or money a tonne. */
  amount: string;
  /** Local times ``YYYY-MM-DDTHH:MM``, or blank. */
  starts: string;
  ends: string;
}

export const blankEvent = (resource = ""): EventDraft => ({ what: "close", resource, amount: "", starts: "", ends: "" });

export const hasAmount = (what: Happening) => what === "limit" || what === "delay" || what === "surcharge";
export const hasTimes = (what: Happening) => what !== "known";

/** An event as ``landbridge replan --event`` has it. */
export function eventText({ what, resource, amount, starts, ends }: EventDraft): string {
  const name = resource.trim();
  if (what === "known") return name;
  const number = what === "limit" ? Number(amount) / 100 : Number(amount);
  const size = hasAmount(what) ? `=${plain(number)}` : "";
  return `${what}:${name}${size}${starts && ` from ${starts}`}${ends && ` to ${ends}`}`;
}

/** A number without an exponent, which an event cannot have. */
const plain = (value: number) => value.toFixed(6).replace(/\.?0+$/, "");
