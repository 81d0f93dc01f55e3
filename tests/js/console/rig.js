/** Everything that the tests of the console share: a service, a device behind it, and a browser. */

import { startBrowser, SOON_MS } from "./browser.js";
import { ConsolePage } from "./console-page.js";
import { Device } from "./device.js";
import { Place, startAgent } from "./programs.js";

/** The device's name. */
export const THING = "pump-7";

/** One service with one device. */
export class Site {
  place = new Place();

  static async start() {
    const site = new Site();
    try {
      site.device = await Device.start();
      site.service = await site.place.serve();
      site.agent = await startAgent(site.service, THING, site.device.ports);
      return site;
    } catch (error) {
      await site.stop();
      throw error;
    }
  }

  get link() {
    return this.service.ready.console;
  }

  /** Calls the API past the page, as an operator elsewhere does. */
  async call(operation, request) {
    const response = await fetch(this.service.ready.control, {
      method: "POST",
      headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": `IoTSecuredTunneling.${operation}` },
      body: JSON.stringify(request),
    });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${operation}: ${JSON.stringify(answer)}`);
    return answer;
  }

  /** Opens a tunnel to the device, past the page. */
  open(services, { minutes = 60, thingName = THING } = {}) {
    return this.call("OpenTunnel", {
      destinationConfig: { thingName, services },
      timeoutConfig: { maxLifetimeTimeoutMinutes: minutes },
    });
  }

  async stop() {
    await this.agent?.stop();
    await this.service?.stop();
    this.device?.stop();
    this.place.remove();
  }
}

/** The site and the browser. */
export class Rig {
  static async start() {
    const rig = new Rig();
    rig.site = await Site.start();
    rig.browser = await startBrowser();
    return rig;
  }

  /**
   * Runs `use` with the console open in a browser of its own, and looks that the page complained about nothing. A request
   * that the service refused is the browser's to complain about, and meant. `script` runs before the page's own.
   */
  async visit(use, { site = this.site, script = "", ...options } = {}) {
    const context = await this.browser.newContext({
      viewport: { width: 1280, height: 900 },
      permissions: ["clipboard-read", "clipboard-write"],
      ...options,
    });
    context.setDefaultTimeout(SOON_MS);
    try {
      await context.addInitScript(script);
      const page = await ConsolePage.open(context, site.link);
      await use(page, context);
      page.checkComplaints();
    } finally {
      await context.close();
    }
  }

  async stop() {
    await this.browser.close();
    await this.site.stop();
  }
}
