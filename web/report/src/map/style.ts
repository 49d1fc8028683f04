// Colours of Okabe and Ito (safe for the colour-blind), and a line pattern for each mode, so that colour is never alone.
const BY_MODE: Record<string, { colour: string; dash: (width: number) => string }> = {
  rail: { colour: "#0072b2", dash: () => "none" },
  road: { colour: "#d55e00", dash: (w) => `${w * 2 + 4} ${w * 0.6 + 2}` },
  sea: { colour: "#009e73", dash: (w) => `${w * 0.6 + 1.2} ${w * 0.6 + 2}` },
  air: { colour: "#aa4499", dash: (w) => `${w * 3 + 7} ${w + 2} ${w * 0.5 + 1} ${w + 2}` },
  bus: { colour: "#3d8fc9", dash: (w) => `${w * 2 + 4} ${w * 0.6 + 2} ${w * 0.6 + 1.2} ${w * 0.6 + 2}` },
  pipeline: { colour: "#8a6d00", dash: (w) => `${w + 2} ${w * 0.4 + 1.5}` },
};
const SPARE = ["#444444", "#cc79a7", "#e69f00", "#56b4e9"];
const GOODS = ["#0072b2", "#d55e00", "#009e73", "#aa4499", "#8a6d00", "#56b4e9", "#e69f00", "#444444", "#cc79a7", "#117733"];

export function modeColour(mode: string, place: number): string {
  return BY_MODE[mode]?.colour ?? SPARE[place % SPARE.length];
}

export function modeDash(mode: string, width: number): string {
  return BY_MODE[mode]?.dash(width) ?? "none";
}

export function goodColour(good: number): string {
  return GOODS[good % GOODS.length];
}
