// What may be chosen for a division of a plan's value, as the server takes it.

export const PLAYERS = ["regions", "groups", "parties", "countries"] as const;
export const QUOTAS = ["", "population", "volume", "equal"] as const;
export const METHODS = ["", "nucleolus", "shapley", "equal_profit", "owen", "fair_owen", "gately", "tau", "proportional", "rows"] as const;

export interface ShareDraft {
  players: (typeof PLAYERS)[number];
  quotas: (typeof QUOTAS)[number];
  method: (typeof METHODS)[number];
  /** Seconds for each coalition. */
  coalition: string;
  sensitivity: boolean;
}

export const blankShare = (): ShareDraft => ({ players: "regions", quotas: "", method: "", coalition: "10", sensitivity: false });

export const shareOptions = (draft: ShareDraft) => ({
  players: draft.players,
  quotas: draft.quotas || null,
  method: draft.method,
  coalition_s: Number(draft.coalition),
  sensitivity: draft.sensitivity,
});
