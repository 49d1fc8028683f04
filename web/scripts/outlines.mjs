// Makes src/landbridge/report/assets/outlines.json: the 1:50m countries of Natural Earth as world-atlas ships them,
// simplified, without names or attributes. Another place to write to may be given.
import { readFileSync, writeFileSync } from "node:fs";
import { quantize } from "topojson-client";
import { filter, filterWeight, presimplify, simplify } from "topojson-simplify";

const SMALLEST_ANGLE = 8e-7; // steradians: triangles below this are dropped
const GRID = 1e4; // steps of the grid points are rounded to

let world = JSON.parse(readFileSync(new URL("../node_modules/world-atlas/countries-50m.json", import.meta.url)));
delete world.objects.countries.bbox;
for (const country of world.objects.countries.geometries) {
  delete country.properties;
  delete country.id;
}
world = presimplify(world, triangleArea);
world = simplify(world, SMALLEST_ANGLE);
world = filter(world, filterWeight(world, SMALLEST_ANGLE));
const land = world.objects.land;
world.objects = { land, countries: world.objects.countries };
const small = quantize(world, GRID);
const target = process.argv[2] ?? new URL("../../src/landbridge/report/assets/outlines.json", import.meta.url);
writeFileSync(target, JSON.stringify(small) + "\n");

function triangleArea(t) {
  const lat = ((t[0][1] + t[1][1] + t[2][1]) / 3) * (Math.PI / 180);
  const [a, b, c] = t;
  const area = Math.abs((a[0] - c[0]) * (b[1] - a[1]) - (a[0] - b[0]) * (c[1] - a[1])) / 2;
  return area * Math.cos(lat) * (Math.PI / 180) ** 2;
}
