import { svelte } from "@sveltejs/vite-plugin-svelte";
import { existsSync, readFileSync } from "node:fs";
import { defineConfig, type Plugin } from "vite";

const PACKAGE = /^.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//;
const ALWAYS = ["world-atlas"]; // outlines.json is made from it

/** Licences of everything that went into the bundle, and of the outlines, as LICENCES.txt. */
function licences(): Plugin {
  return {
    name: "licences",
    generateBundle(_, bundle) {
      const names = new Set(ALWAYS);
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== "chunk") continue;
        for (const id of chunk.moduleIds) {
          const found = PACKAGE.exec(id.replaceAll("\\", "/"));
          if (found) names.add(found[1]);
        }
      }
      const text = [...names].sort().map((name) => {
        const folder = new URL(`./node_modules/${name}/`, import.meta.url);
        const file = ["LICENSE", "LICENSE.md", "license"].map((one) => new URL(one, folder)).find((one) => existsSync(one));
        if (!file) throw new Error(`no licence file of ${name}`);
        const { version } = JSON.parse(readFileSync(new URL("package.json", folder), "utf8"));
        return `== ${name} ${version}\n\n${readFileSync(file, "utf8").trim()}\n`;
      });
      this.emitFile({ type: "asset", fileName: "LICENCES.txt", source: text.join("\n") });
    },
  };
}

// One script and one style sheet, which `landbridge report` writes into the page.
export default defineConfig({
  plugins: [svelte({ compilerOptions: { discloseVersion: false } }), licences()],
  build: {
    outDir: "../../src/landbridge/report/assets",
    emptyOutDir: false,
    target: "es2022",
    cssCodeSplit: false,
    lib: { entry: "src/main.ts", formats: ["iife"], name: "LandbridgeReport", fileName: () => "report.js", cssFileName: "report" },
  },
});
