import { svelte } from "@sveltejs/vite-plugin-svelte";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin, type UserConfig } from "vite";

const PACKAGE = /^.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//;
const ALWAYS = ["world-atlas"]; // outlines.json is made from it
const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));

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

const shared: UserConfig = {
  plugins: [svelte({ compilerOptions: { discloseVersion: false } }), licences()],
  resolve: { alias: { "@report": path("./report/src"), "@messages": path("../src/landbridge/report/messages") } },
};

/** One script and one style sheet, which `landbridge report` writes into the page. */
const report: UserConfig = {
  ...shared,
  build: {
    outDir: path("../src/landbridge/report/assets"),
    emptyOutDir: false,
    target: "es2022",
    cssCodeSplit: false,
    lib: { entry: path("./report/src/main.ts"), formats: ["iife"], name: "LandbridgeReport", fileName: () => "report.js", cssFileName: "report" },
  },
};

/** The page that `landbridge serve` answers with: index.html, and what it loads, named by content, in one folder. */
const app: UserConfig = {
  ...shared,
  root: path("./app"),
  base: "/assets/",
  build: {
    outDir: path("../src/landbridge/server/assets"),
    emptyOutDir: true,
    target: "es2022",
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    assetsDir: "",
  },
};

// `vite build --mode report`, `vite build --mode app`
export default defineConfig(({ mode }) => (mode === "app" ? app : report));
