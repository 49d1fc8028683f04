// Land and borders, as the file of outlines has them.
import { geoDistance } from "d3-geo";
import type { Feature, FeatureCollection, Geometry, MultiLineString, Position } from "geojson";
import { feature, mesh } from "topojson-client";
import type { GeometryCollection, GeometryObject, Topology } from "topojson-specification";
import type { Point } from "./projection";

const FAR = 1.7; // radians from the middle of the map beyond which nothing is ever seen
const STEP = 8; // points of a ring that are looked at: each eighth

export interface Outlines {
  land: Geometry[];
  borders: MultiLineString;
}

/** Read a topology: its object `land` and the lines between its `countries`, or its first object for both. */
export function readOutlines(topology: Topology, middle: Point): Outlines {
  const objects = topology.objects;
  const first = Object.values(objects)[0];
  const land = feature(topology, (objects.land ?? first) as GeometryObject) as Feature | FeatureCollection;
  const parts = land.type === "FeatureCollection" ? land.features.map((one) => one.geometry) : [land.geometry];
  return {
    land: parts.map((part) => nearby(part, middle)),
    borders: mesh(topology, (objects.countries ?? first) as GeometryCollection, (a, b) => a !== b),
  };
}

/** Leave out polygons that lie on the other side of the globe. */
export function nearby(geometry: Geometry, middle: Point): Geometry {
  if (geometry.type !== "MultiPolygon") return geometry;
  const isNear = (ring: Position[]) =>
    ring.some((point, at) => at % STEP === 0 && geoDistance([point[0], point[1]], middle) < FAR);
  return { ...geometry, coordinates: geometry.coordinates.filter((polygon) => isNear(polygon[0])) };
}
