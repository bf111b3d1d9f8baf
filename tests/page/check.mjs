// Opens HTML reports in a real browser: `node check.mjs REPORT.html...`
//
// Each at three widths, light and dark: nothing on the console, no request, nothing wider than the screen, no serious
// complaint of axe-core; then a column is sorted, a word searched, an item opened. Ends with 1 and says what is wrong.
import { pathToFileURL } from "node:url";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ARGS });
let wrong = 0;
const tell = (what) => { wrong += 1; console.error(what); };

for (const report of process.argv.slice(2)) {
  for (const width of [375, 900, 1600]) {
    for (const colorScheme of ["light", "dark"]) {
      const where = `${report}, ${width} px, ${colorScheme}`;
      const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, bypassCSP: false });
      const page = await context.newPage();
      const started = Date.now();
      page.on("console", (message) => message.type() === "error" && tell(`${where}: console: ${message.text()}`));
      page.on("pageerror", (error) => tell(`${where}: ${error}`));
      page.on("dialog", async (dialog) => { tell(`${where}: a dialog: ${dialog.message()}`); await dialog.dismiss(); });
      page.on("request", (request) => request.url().startsWith("file:") || tell(`${where}: asks for ${request.url()}`));
      await page.goto(pathToFileURL(report).href);
      await page.waitForSelector("#app table tbody tr");
      const ready = Date.now() - started;

      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      if (wide > 0) tell(`${where}: ${wide} px wider than the screen`);

      // The page's own policy keeps strange scripts out; the tool's world is not the page's.
      const world = await context.newCDPSession(page);
      const { frameTree } = await world.send("Page.getFrameTree");
      const { executionContextId } = await world.send("Page.createIsolatedWorld", { frameId: frameTree.frame.id });
      await world.send("Runtime.evaluate", { expression: axe, contextId: executionContextId });
      const ran = await world.send("Runtime.evaluate", {
        expression: "axe.run().then((r) => r.violations.filter((v) => /serious|critical/.test(v.impact)).map((v) => `${v.id}: ${v.help} (${v.nodes.length})`))",
        contextId: executionContextId, awaitPromise: true, returnByValue: true,
      });
      if (ran.exceptionDetails) tell(`${where}: axe: ${ran.exceptionDetails.exception?.description}`);
      for (const complaint of ran.result.value ?? []) tell(`${where}: axe: ${complaint}`);

      const rows = () => page.locator("#app table tbody tr").allInnerTexts();
      const before = await rows();
      // Twice: by the first column, and then the other way round.
      for (const _ of "12") await page.locator("#app thead button").first().click();
      await page.waitForTimeout(100);
      const sorted = await rows();
      if (before.length > 2 && before.join() === sorted.join()) tell(`${where}: sorting changed nothing`);
      await page.locator('#app input[type="search"]').fill("no such thing anywhere");
      await page.waitForTimeout(800);
      if ((await rows()).some((row) => before.includes(row))) tell(`${where}: searching left rows that do not match`);
      await page.locator('#app input[type="search"]').fill("");
      await page.waitForTimeout(800);
      await page.locator("#app tbody button.open").first().click();
      if (!(await page.locator("dialog[open]").count())) tell(`${where}: no details`);
      console.log(`${where}: ready after ${ready} ms`);
      await context.close();
    }
  }
}
await browser.close();
process.exit(wrong ? 1 : 0);
