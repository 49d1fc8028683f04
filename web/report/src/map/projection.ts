// The map's projection and the curves of flows on it.
import { geoConicEqualArea, type GeoConicProjection } from "d3-geo";

export type Point = [number, number];

const PARALLELS: [number, number] = [40, 65];
const MERIDIAN = 105;
const FAR = 90; // degrees from the meridian up to which a hub is drawn without much tilt

/**
 * A conic equal-area projection that fits the points. The meridian is 105° E where the points lie around it, and the
 * middle of the points where they lie elsewhere; the parallels follow the latitudes in the same way.
 */
export function fitProjection(points: Point[], width: number, height: number, margin: number): GeoConicProjection {
  const middle = middleLongitude(points);
  const lats = points.map((point) => point[1]);
  const [south, north] = [Math.min(...lats), Math.max(...lats)];
  const isHome = points.every(([lon, lat]) => Math.abs(wrap(lon - MERIDIAN)) <= FAR && lat > 15);
  const projection = geoConicEqualArea();
  projection.rotate([isHome ? -MERIDIAN : -middle, 0]);
  projection.parallels(isHome ? PARALLELS : parallelsOf(south, north));
  if (points.length) {
    projection.fitExtent([[margin, margin], [width - margin, height - margin]], { type: "MultiPoint", coordinates: points });
  }
  if (projection.scale() > 60 * width || !Number.isFinite(projection.scale())) {
    projection.scale(6 * width).translate([0, 0]); // one place, or several at one point
    const at = projection(points[0] ?? [middle, 50]) ?? [0, 0];
    projection.translate([width / 2 - at[0], height / 2 - at[1]]);
  }
  return projection.precision(0.5);
}

/** Middle of the shortest arc of longitudes that holds all points. */
export function middleLongitude(points: Point[]): number {
  if (!points.length) return MERIDIAN;
  const lons = points.map((point) => wrap(point[0])).sort((a, b) => a - b);
  let widest = lons[0] + 360 - lons[lons.length - 1];
  let start = lons[0];
  for (let at = 1; at < lons.length; at++) {
    const gap = lons[at] - lons[at - 1];
    if (gap > widest) {
      widest = gap;
      start = lons[at];
    }
  }
  return wrap(start + (360 - widest) / 2);
}

function parallelsOf(south: number, north: number): [number, number] {
  const sixth = Math.max(1, (north - south) / 6);
  const low = south + sixth;
  const high = north - sixth;
  return Math.abs(low + high) < 2 ? [low - 5, high + 6] : [low, high]; // a cone needs a side
}

function wrap(degrees: number): number {
  return ((((degrees + 180) % 360) + 360) % 360) - 180;
}

/** A flow's curve: it bends to its right, so that there and back lie apart; `slot` keeps modes apart. */
export interface Curve {
  from: Point;
  bend: Point;
  to: Point;
}

export function curveOf(from: Point, to: Point, slot: number): Curve {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = Math.hypot(dx, dy) || 1;
  const depth = Math.min(60, length * (0.1 + 0.09 * slot));
  const middle: Point = [(from[0] + to[0]) / 2, (from[1] + to[1]) / 2];
  return { from, bend: [middle[0] - (dy / length) * depth, middle[1] + (dx / length) * depth], to };
}

export function pathOf({ from, bend, to }: Curve): string {
  return `M${round(from[0])},${round(from[1])}Q${round(bend[0])},${round(bend[1])} ${round(to[0])},${round(to[1])}`;
}

export function pointOn({ from, bend, to }: Curve, part: number): Point {
  const rest = 1 - part;
  return [
    rest * rest * from[0] + 2 * rest * part * bend[0] + part * part * to[0],
    rest * rest * from[1] + 2 * rest * part * bend[1] + part * part * to[1],
  ];
}

/** Direction at a part of the way, in degrees. */
export function angleOn({ from, bend, to }: Curve, part: number): number {
  const dx = 2 * (1 - part) * (bend[0] - from[0]) + 2 * part * (to[0] - bend[0]);
  const dy = 2 * (1 - part) * (bend[1] - from[1]) + 2 * part * (to[1] - bend[1]);
  return (Math.atan2(dy, dx) * 180) / Math.PI;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
