// Labels that do not overlap: the most important first, each at the first free place around its point.

export interface Label {
  key: number;
  text: string;
  x: number;
  y: number;
  radius: number;
  width: number;
  height: number;
}

export interface PlacedLabel {
  key: number;
  text: string;
  x: number;
  y: number;
}

interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const GAP = 3;

/**
 * Place labels, those that come first before the others; what finds no free place, or would be cut off, is left out.
 * No label covers another. Nor does it cover a point's symbol, but for the first `bold` labels: where they find no free
 * place they may cover symbols of points that come later. A placed label's x and y are its left end and its middle.
 */
export function placeLabels(labels: Label[], width: number, height: number, bold: number): PlacedLabel[] {
  const taken: Box[] = [];
  const symbols = labels.map(square);
  const placed: PlacedLabel[] = [];
  labels.forEach((label, rank) => {
    if (!label.text) return; // a symbol without a label
    const places = placesAround(label).filter(
      (box) =>
        box.left >= 0 && box.top >= 0 && box.right <= width && box.bottom <= height && !taken.some((other) => overlaps(box, other)),
    );
    const isClear = (box: Box, end: number) => !symbols.some((mark, other) => other < end && other !== rank && overlaps(box, mark));
    const box =
      places.find((place) => isClear(place, symbols.length)) ??
      (rank < bold ? places.find((place) => isClear(place, rank)) : undefined);
    if (box) {
      taken.push(box);
      placed.push({ key: label.key, text: label.text, x: box.left, y: (box.top + box.bottom) / 2 });
    }
  });
  return placed;
}

function placesAround(label: Label): Box[] {
  const { x, y, radius: r, width: w, height: h } = label;
  const near = r * 0.7 + GAP;
  const corners: [number, number][] = [
    [x + r + GAP, y - h / 2],
    [x - r - GAP - w, y - h / 2],
    [x - w / 2, y - r - GAP - h],
    [x - w / 2, y + r + GAP],
    [x + near, y - near - h],
    [x + near, y + near],
    [x - near - w, y - near - h],
    [x - near - w, y + near],
  ];
  return corners.map(([left, top]) => ({ left, top, right: left + w, bottom: top + h }));
}

function square(mark: Label): Box {
  return { left: mark.x - mark.radius, top: mark.y - mark.radius, right: mark.x + mark.radius, bottom: mark.y + mark.radius };
}

function overlaps(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
