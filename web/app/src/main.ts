// Two pages behind one address: parcels by number, for everybody, and what offices work with. Each loads its own code only.
import "@report/page.css";
import "./app.css";

const isTracking = () => /^#?\/?track(?:[/?]|$)/.test(location.hash);
const wasTracking = isTracking();
addEventListener("hashchange", () => {
  if (isTracking() !== wasTracking) location.reload();
});
const { start } = wasTracking ? await import("./track/start") : await import("./start");
await start(document.getElementById("app")!);
