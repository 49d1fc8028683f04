import { describe, expect, it } from "vitest";
import type { MultiPolygon } from "geojson";
import type { Topology } from "topojson-specification";
import { nearby, readOutlines } from "./outlines";
import { placeLabels, type Label } from "./labels";
import { curveOf, fitProjection, middleLongitude, pointOn, type Point } from "./projection";

const label = (key: number, x: number, y: number, width = 60): Label => ({ key, text: `hub ${key}`, x, y, radius: 4, width, height: 14 });

describe("labels", () => {
  it("never overlap, and stay inside", () => {
    const labels = Array.from({ length: 200 }, (_, key) => label(key, ((key * 73) % 400) + 1, ((key * 131) % 300) + 1));
    const placed = placeLabels(labels, 400, 300, 10).map((item) => ({ left: item.x, right: item.x + 60, top: item.y - 7, bottom: item.y + 7 }));
    expect(placed.length).toBeGreaterThan(10);
    placed.forEach((a, at) => {
      expect(a.left >= 0 && a.right <= 400 && a.top >= 0 && a.bottom <= 300).toBe(true);
      for (const b of placed.slice(at + 1)) {
        expect(a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom).toBe(false);
      }
    });
  });
  it("goes to the more important point where there is room for one", () => {
    const placed = placeLabels([label(1, 40, 20, 70), label(2, 42, 22, 70)], 130, 42, 0);
    expect(placed[0].key).toBe(1);
  });
  it("of a first label may cover a lesser symbol, of others it may not", () => {
    const wall = Array.from({ length: 60 }, (_, key) => ({ ...label(key + 1, (key % 12) * 10, Math.floor(key / 12) * 10), text: "" }));
    const middle = label(0, 55, 25, 30);
    expect(placeLabels([middle, ...wall], 120, 50, 1).length).toBe(1);
    expect(placeLabels([middle, ...wall], 120, 50, 0).length).toBe(0);
  });
});

describe("projection", () => {
  it("shows every point inside the margin, on both sides of 180 degrees too", () => {
    const points: Point[] = [[113.5, 52], [126.6, 45.7], [177.5, 64.7], [-172.5, 65.5], [20.5, 54.7]];
    const projection = fitProjection(points, 900, 600, 40);
    for (const point of points) {
      const [x, y] = projection(point)!;
      expect(x).toBeGreaterThanOrEqual(39.9);
      expect(x).toBeLessThanOrEqual(860.1);
      expect(y).toBeGreaterThanOrEqual(39.9);
      expect(y).toBeLessThanOrEqual(560.1);
    }
  });
  it("turns to where the points are", () => {
    expect(middleLongitude([[170, 0], [-170, 0]])).toBe(-180);
    expect(fitProjection([[-70, -33], [-58, -34]], 900, 600, 40).rotate()[0]).toBeCloseTo(64);
    expect(fitProjection([[120, 45], [130, 50]], 900, 600, 40).rotate()[0]).toBeCloseTo(-105);
    expect(fitProjection([[120, 45], [130, 50]], 900, 600, 40).parallels().map(Math.round)).toEqual([40, 65]);
  });
  it("takes a single point, and none", () => {
    const [x, y] = fitProjection([[131, 48]], 900, 600, 40)([131, 48])!;
    expect([Math.round(x), Math.round(y)]).toEqual([450, 300]);
    expect(Number.isFinite(fitProjection([], 900, 600, 40).scale())).toBe(true);
  });
});

describe("outlines", () => {
  const square = (lon: number, lat: number) => [[[lon, lat], [lon + 1, lat], [lon + 1, lat + 1], [lon, lat]]];
  it("leave out what lies on the other side of the globe, and nothing that is near", () => {
    const land: MultiPolygon = { type: "MultiPolygon", coordinates: [square(100, 50), square(179, 65), square(-70, -30), square(25, 60)] };
    const kept = nearby(land, [105, 50]) as MultiPolygon;
    expect(kept.coordinates.map((polygon) => polygon[0][0][0])).toEqual([100, 179, 25]);
  });
  it("takes the first object where a file has no land and no countries", () => {
    const own = { type: "Topology", arcs: [], objects: { mine: { type: "GeometryCollection", geometries: [] } } } as Topology;
    expect(readOutlines(own, [0, 0]).land).toEqual([]);
  });
});

describe("curves", () => {
  it("bend to the right, so that there and back lie apart", () => {
    const there = pointOn(curveOf([0, 0], [100, 0], 0), 0.5);
    const back = pointOn(curveOf([100, 0], [0, 0], 0), 0.5);
    expect(there[1]).toBeGreaterThan(0); // y grows downwards: right of going right is down
    expect(back[1]).toBeLessThan(0);
  });
});
