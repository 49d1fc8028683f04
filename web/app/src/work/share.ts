// What may be chosen for a division of a plan's value, as the server takes it.

export const PLAYERS = ["regions", "groups", "parties", "countries"] as const;
export const QUOTAS = ["", "population", "volume", "equal"] as const;
export const METHODS = ["", "nucleolus", "shapley", "equal_profit", "owen", "fair_owen", "gately", "tau", "proportional", "rows"] as const;

/** Sizes of players, for the rules that ask for one. */
export const BASES = ["turnover", "volume", "population", "equal"] as const;
const ASK_FOR_SIZE: readonly string[] = ["equal_profit", "proportional"];

export interface ShareDraft {
  players: (typeof PLAYERS)[number];
  quotas: (typeof QUOTAS)[number];
  method: (typeof METHODS)[number];
  base: (typeof BASES)[number];
  /** Seconds for each coalition. */
  coalition: string;
  sensitivity: boolean;
}

export const asksForSize = (draft: ShareDraft) => ASK_FOR_SIZE.includes(draft.method);

export const blankShare = (): ShareDraft => ({ players: "regions", quotas: "", method: "", base: "turnover", coalition: "10", sensitivity: false });

export const shareOptions = (draft: ShareDraft) => ({
  players: draft.players,
  quotas: draft.quotas || null,
  method: draft.method,
  base: draft.base,
  coalition_s: Number(draft.coalition),
  sensitivity: draft.sensitivity,
});
