// Events that are tried on a plan: what the form holds, how the server is told, and how they are told again.
import type { Words } from "@report/data/words";

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

const WRITTEN = /^(close|limit|delay|surcharge):(.+?)(?:=([0-9.]+))?(?: from (.+?))?(?: to (.+))?$/;

/** An event as the server has it, in the reader's words; the id of one of the case stays as it is. */
export function eventWords(text: string, w: Words): string {
  const found = WRITTEN.exec(text);
  if (!found) return text;
  const [, what, where, amount, starts, ends] = found;
  const n = what === "limit" ? w.percent(Number(amount)) : w.number(Number(amount ?? 0));
  const day = (when: string) => when.replace("T", " ");
  const parts = [w.t(`event.says.${what}`, { where, n })];
  if (starts) parts.push(w.t("event.says.from", { when: day(starts) }));
  if (ends) parts.push(w.t("event.says.to", { when: day(ends) }));
  return parts.join(" ");
}

/** A number without an exponent, which an event cannot have. */
const plain = (value: number) => value.toFixed(6).replace(/\.?0+$/, "");
