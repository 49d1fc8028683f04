// What the reader has chosen, and everything that follows from it.
import { countFlows, flowsOf, ridesOf, type Flow, type FlowLoad, type Ride } from "./data/movements";
import { Format } from "./data/format";
import { rowsOf } from "./data/rows";
import type { Lang, OrderRow, PageData, Payload, TradeRow } from "./data/types";

export type Selection =
  | { kind: "flow"; key: string }
  | { kind: "hub"; hub: number }
  | { kind: "order"; row: number }
  | null;

export type ColourBy = "mode" | "good";

export class ReportState {
  readonly payload: Payload;
  readonly rides: Ride[];
  readonly flows: Flow[];
  readonly orders: OrderRow[];
  readonly trades: TradeRow[];
  readonly goodsUsed: number[];
  readonly modesUsed: number[];

  lang: Lang = $state("en");
  currency = $state("");
  goods: Set<number> = $state.raw(new Set());
  modes: Set<number> = $state.raw(new Set());
  colourBy: ColourBy = $state("mode");
  /** Minute of the plan that the map shows; null = all of it. */
  minute: number | null = $state(null);
  isPlaying = $state(false);
  selection: Selection = $state(null);

  readonly f: Format = $derived.by(() => new Format(this.lang, this.page.messages[this.lang], this.payload, this.currency));
  readonly flowLoads: FlowLoad[] = $derived.by(() => countFlows(this.flows, this.goods, this.modes));

  constructor(private readonly page: PageData) {
    this.payload = page.payload;
    this.rides = ridesOf(page.payload);
    this.flows = flowsOf(this.rides);
    this.orders = rowsOf<OrderRow>(page.payload.orders.rows);
    this.trades = rowsOf<TradeRow>(page.payload.trades);
    this.goodsUsed = [...new Set(page.payload.loads.good)].sort((a, b) => a - b);
    this.modesUsed = [...new Set(this.rides.map((ride) => ride.mode))].sort((a, b) => a - b);
    this.lang = page.lang;
    this.currency = page.payload.summary.currency;
    this.goods = new Set(this.goodsUsed);
    this.modes = new Set(this.modesUsed);
  }

  get outlines() {
    return this.page.outlines;
  }

  /** The other currency that headline figures are given in, where the case has a rate. */
  get secondCurrency(): string {
    return this.payload.currencies.find((item) => item.code !== this.currency)?.code ?? "";
  }

  reason(why: number): { kind: string; text: string } {
    if (why < 0) return { kind: "", text: "" };
    const { kind, texts } = this.payload.orders.reasons[why];
    return { kind, text: texts[["en", "ru", "zh"].indexOf(this.lang)] ?? texts[0] };
  }

  toggle(set: "goods" | "modes", item: number): void {
    const next = new Set(this[set]);
    if (!next.delete(item)) next.add(item);
    this[set] = next;
  }

  /** Show one good only; all of them again when it is the only one. */
  only(set: "goods" | "modes", item: number): void {
    const all = set === "goods" ? this.goodsUsed : this.modesUsed;
    const isOnly = this[set].size === 1 && this[set].has(item);
    this[set] = new Set(isOnly ? all : [item]);
  }
}
