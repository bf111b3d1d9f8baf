// Opens a report in headless Chromium: at three widths, light and dark; clicks; asks axe. See html.sh.
// node html.mjs REPORT.html FOLDER [--wide-only]; needs playwright-core and axe-core where NODE_PATH says.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { readFileSync } from "node:fs";
const require = createRequire(process.env.NODE_PATH + "/");
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const [file, folder] = process.argv.slice(2);
const quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox", ...quiet] });
let wrong = 0;
const fail = (what) => { wrong++; console.log("FAILED:", what); };
for (const colorScheme of ["light", "dark"]) {
  for (const width of [375, 900, 1600]) {
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 }, bypassCSP: false });
    const page = await context.newPage();
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && fail(`console: ${message.text()}`));
    page.on("pageerror", (error) => fail(`page: ${error}`));
    page.on("dialog", (dialog) => { fail(`a script of a name ran: ${dialog.message()}`); dialog.dismiss(); });
    page.on("request", (request) => request.url().startsWith("file:") || fail(`request: ${request.url()}`));
    const name = `${folder}/${colorScheme}-${width}`;
    const begun = Date.now();
    await page.goto(pathToFileURL(file).href);
    await page.waitForSelector("#app .rows tbody tr");
    console.log(`${colorScheme} ${width}: shown after ${Date.now() - begun} ms`);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (wide > 0) fail(`the page is ${wide} px wider than its window`);
    await page.screenshot({ path: `${name}.png`, fullPage: true });
    // The page allows no foreign script, so axe goes in by the debugger's door, which no policy guards.
    await page.evaluate(axe);
    const asked = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
    for (const v of asked.violations) {
      const where = v.nodes.slice(0, 3).map((node) => node.target.join(" ") + " " + (node.any[0]?.message ?? "")).join("; ");
      (["serious", "critical"].includes(v.impact) ? fail : console.log)(`axe ${v.impact} ${v.id}: ${where}`);
    }
    if (colorScheme === "light" && width === 1600) await use(page, name);
    await context.close();
  }
}
await browser.close();
process.exit(wrong ? 1 : 0);

async function use(page, name) {
  const timed = async (what, act) => {
    const ms = await page.evaluate(async (source) => {
      const begun = performance.now();
      await eval(source);
      return performance.now() - begun;
    }, `(async () => { ${act} })()`).catch(() => null);
    if (ms !== null) console.log(`${what}: ${Math.round(ms)} ms`);
    if (ms > 2000) fail(`${what} took ${ms} ms`);
  };
  const status = () => page.textContent(".pager [role=status]");
  for (const view of ["breaches", "findings", "unread", "places", "items"]) {
    await timed(`view ${view}`, `document.querySelector("[data-view=${view}]").click()`);
    if (await page.getAttribute(`[data-view=${view}]`, "aria-pressed") !== "true") fail(`view ${view}`);
    console.log(`  ${await status()}`);
  }
  await timed("view findings again", `document.querySelector("[data-view=findings]").click()`);
  for (const sort of ["item", "value", "context", "count"]) {
    await timed(`sort by ${sort}`, `document.querySelector("[data-sort=${sort}]").click()`);
    if (!(await page.locator(`th:has([data-sort=${sort}])`).getAttribute("aria-sort"))) fail(`sort by ${sort}`);
  }
  const before = await status();
  await timed("search", `const q = document.querySelector("input[type=search]"); q.value = "mette"; q.dispatchEvent(new Event("input")); await new Promise((r) => setTimeout(r, 200));`);
  console.log(`  ${before} → ${await status()}`);
  if (before === await status()) fail("search changed nothing");
  await timed("filter", `const s = [...document.querySelectorAll(".tools select")].at(-2); s.selectedIndex = 1; s.dispatchEvent(new Event("change"))`);
  console.log(`  → ${await status()}`);
  await page.locator(".tools > button").click();
  if (before !== await status()) fail("clearing the filters");
  await page.locator("[data-view=items]").click();
  await page.locator(".rows .open").first().focus();
  await page.keyboard.press("Enter");
  await page.waitForSelector("dialog[open]");
  await page.screenshot({ path: `${name}-details.png` });
  await page.keyboard.press("Escape");
  if (await page.locator("dialog[open]").count()) fail("Escape leaves the details open");
  await page.locator("table.do a").first().click();
  console.log(`rule clicked: ${await status()}`);
  await page.pdf({ path: `${name}.pdf`, format: "A4", printBackground: true });
}
