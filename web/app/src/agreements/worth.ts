// What agreements are worth: what is asked, kept in the address, and what is answered.
import { PLAYERS, QUOTAS } from "../work/share";

export interface WorthWish {
  players: string;
  quotas: string;
  /** Money for fixed costs in all; blank: no set is chosen. */
  budget: string;
  /** Seconds for each plan. */
  seconds: string;
}

/** What an agreement adds, to one player or (``*``) to all. */
export interface WorthRow {
  agreement: string;
  status: string;
  signers: string;
  player: string;
  delta_low: number;
  delta_high: number;
  fixed_cost: number;
}

/** The best set to sign within a budget. */
export interface Choice {
  budget: number;
  signed: string;
  cost: number;
  net_low: number;
  net_high: number;
  best_high: number;
}

export interface Worth {
  agreements: WorthRow[];
  choices: Choice[];
}

/** The wish that an address holds; what it does not know is left at the default. */
export function wishOf(query: Record<string, string>): WorthWish {
  const one = (of: readonly string[], value = "") => (of.includes(value) ? value : of[0]);
  return { players: one(PLAYERS, query.players), quotas: one(QUOTAS, query.quotas), budget: query.budget ?? "", seconds: query.seconds || "10" };
}

/** Options of the job; a budget only where one may be asked for. */
export function wishOptions(wish: WorthWish, mayChoose: boolean): Record<string, unknown> {
  const budget = mayChoose && wish.budget.trim() !== "" ? Number(wish.budget) : null;
  return { players: wish.players, quotas: wish.quotas || null, coalition_s: Number(wish.seconds), budget };
}

/** Budgets at which another set becomes the best, each as the step it begins. */
export function frontierOf(choices: Choice[]): Choice[] {
  const sorted = [...choices].sort((a, b) => a.budget - b.budget);
  return sorted.filter((one, at) => at === 0 || at === sorted.length - 1 || one.signed !== sorted[at - 1].signed);
}
