/** The console as a person sees it: what it is called there, not how it is made. */

import assert from "node:assert/strict";

/** What the browser says by itself about requests that the service refused, or did not answer. */
const OF_THE_BROWSER = /^(Failed to load resource|WebSocket connection to)/;

export class ConsolePage {
  #complaints = [];

  /** Opens the console by its link, and waits until it is live. */
  static async open(context, link) {
    const page = new ConsolePage();
    page.tab = await context.newPage();
    page.tab.on("pageerror", (error) => page.#complaints.push(String(error)));
    page.tab.on("console", (message) => message.type() === "error" && page.#complaints.push(message.text()));
    await page.tab.goto(link);
    await page.live();
    return page;
  }

  /** Nothing was written to the browser's console but what the browser writes itself. */
  checkComplaints() {
    assert.deepEqual(this.#complaints.filter((text) => !OF_THE_BROWSER.test(text)), []);
  }

  /** Waits until it follows the service. */
  async live() {
    await this.tab.getByText("Live", { exact: true }).waitFor();
  }

  /** Shows a tunnel. */
  async show(tunnelId) {
    await this.tab.evaluate((hash) => (location.hash = hash), `#/${encodeURIComponent(tunnelId)}`);
    await this.tab.getByRole("main").getByText(tunnelId, { exact: true }).waitFor();
  }

  button(name) {
    return this.tab.getByRole("button", { name, exact: true });
  }

  get dialog() {
    return this.tab.getByRole("dialog");
  }

  get list() {
    return this.tab.getByRole("navigation", { name: "Tunnels" });
  }

  /** The row of a tunnel in the list. */
  row(title) {
    return this.list.getByRole("link", { name: title });
  }

  /** The card of a side. */
  side(name) {
    return this.tab.getByRole("region", { name, exact: true });
  }

  /** Waits until a side's card says so. */
  async sideSays(name, text) {
    await this.side(name).getByRole("paragraph").filter({ hasText: text }).waitFor();
  }

  /** The entries of the timeline, newest first. */
  get timeline() {
    return this.tab.getByRole("region", { name: "Timeline" }).getByRole("listitem");
  }

  /** Fills the dialog for a new tunnel and sends it. */
  async fillOpen({ description = "", thing = "", services = [], lifetime }) {
    await this.button("Open a tunnel").click();
    await this.dialog.getByRole("textbox", { name: "Description" }).fill(description);
    await this.dialog.getByRole("textbox", { name: "Thing" }).fill(thing);
    for (const [index, service] of services.entries()) {
      if (index > 0) await this.button("Add a service").click();
      await this.dialog.getByRole("textbox", { name: `Service ${index + 1}` }).fill(service);
    }
    if (lifetime !== undefined) await this.dialog.getByRole("textbox", { name: "Lifetime" }).fill(String(lifetime));
    await this.button("Open").click();
  }

  /** Rotates in a mode, and gives the tokens that are shown. */
  async rotate(mode) {
    await this.button("Rotate tokens…").click();
    await this.dialog.getByRole("radio", { name: mode }).check();
    await this.button("Rotate").click();
    await this.dialog.getByRole("heading", { name: /rotated$/ }).waitFor();
    const tokens = await this.tokens();
    await this.button("Done").click();
    return tokens;
  }

  /** The tokens that the dialog shows, by their names. */
  async tokens() {
    const groups = await this.dialog.getByRole("group").all();
    const each = groups.map(async (group) => [
      await group.getByRole("heading").innerText(),
      await group.getByRole("code").innerText(),
    ]);
    return Object.fromEntries(await Promise.all(each));
  }

  /** Becomes the source by a rotation. */
  async connect() {
    await this.button("Connect from here…").click();
    await this.button("Rotate the source’s token and connect").click();
    await this.linkSays("Connected as the source");
  }

  /** Waits until the link says so. */
  async linkSays(text) {
    await this.tab.getByRole("region", { name: "From this browser" }).getByRole("status").getByText(text, { exact: true }).first().waitFor();
  }

  /** Starts a download from the service that is offered first. */
  async download(path) {
    const box = this.tab.getByRole("textbox", { name: "Path" });
    if (!(await box.isVisible())) await this.tab.getByText("Download over HTTP").click();
    await box.fill(path);
    await this.button("Download").click();
  }

  /** The terminal answers, and another download arrives: nothing holds up the tunnel. */
  async othersStillRun() {
    await this.type("echo $((6 * 7)) is the answer");
    await this.screenSays("42 is the answer");
    await this.download("/firmware.bin");
    await this.tab.getByText(/^SHA-256/).waitFor();
  }

  get screen() {
    return this.tab.locator(".xterm-rows");
  }

  /** The services that a terminal can be opened to. */
  get services() {
    return this.tab.getByRole("combobox", { name: "Service", exact: true });
  }

  /** Opens a terminal, if the only service has not opened it already. */
  async openTerminal(service) {
    await this.services.selectOption(service);
    await this.button("Open terminal").click();
    await this.screenSays(`${service} is open`);
  }

  /** Waits until the terminal shows a text, so many times. */
  async screenSays(text, times = 1) {
    await this.screen.getByText(text).nth(times - 1).waitFor();
  }

  /** Waits until the terminal shows these texts, each in a line behind that of the one before. */
  async screenSaysInOrder(...texts) {
    await this.tab.waitForFunction((texts) => {
      const lines = Array.from(document.querySelectorAll(".xterm-rows > div"), (row) => row.textContent);
      let from = 0;
      return texts.every((text) => (from = lines.findIndex((line, at) => at >= from && line.includes(text)) + 1) > 0);
    }, texts);
  }

  /** Types a line into the terminal. */
  async type(line) {
    await this.tab.getByRole("textbox", { name: "Terminal input" }).focus();
    await this.tab.keyboard.type(line);
    await this.tab.keyboard.press("Enter");
  }
}
