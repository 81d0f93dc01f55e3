/** A side's state machine as a picture: where it stands, and the way it came last. */

import { TRANSITIONS, type Cause, type SideState, type Standing } from "./side-state.js";

const NAMESPACE = "http://www.w3.org/2000/svg";
const WIDTH = 320;
const HEIGHT = 150;

/** Each state's box. Below all is the one that all lead to, so that no two ways cross. */
const BOXES: Record<SideState, { readonly x: number; readonly y: number; readonly width: number; readonly height: number }> = {
  fresh: { x: 4, y: 7, width: 100, height: 30 },
  connected: { x: 200, y: 7, width: 100, height: 30 },
  away: { x: 200, y: 69, width: 100, height: 30 },
  closed: { x: 4, y: 121, width: 312, height: 26 },
};

const NAMES: Record<SideState, string> = { fresh: "Token ready", connected: "Connected", away: "Away", closed: "Closed" };

type Anchor = "start" | "middle" | "end";

/** How each way is drawn, and where its name stands; one name is for both rotations, and one for all ends. */
const WAYS: Record<string, { readonly path: string; readonly label?: readonly [x: number, y: number, anchor: Anchor, text: string] }> = {
  "fresh use": { path: "M104 16H194", label: [150, 11, "middle", "uses its token"] },
  "connected rotation": { path: "M200 29H110", label: [154, 43, "middle", "rotation"] },
  "connected drop": { path: "M240 37V63", label: [234, 55, "end", "drops"] },
  "away return": { path: "M260 69V43", label: [266, 57, "start", "returns"] },
  "away rotation": { path: "M200 80L94 43" },
  "fresh end": { path: "M40 37V115", label: [47, 92, "start", "closes or expires"] },
  "connected end": { path: "M300 22H304Q310 22 310 28V115" },
  "away end": { path: "M250 99V115" },
};

/** One diagram, drawn once and then marked. */
export class Diagram {
  readonly element: SVGSVGElement;
  readonly #nodes = new Map<SideState, SVGGElement>();
  readonly #ways = new Map<string, SVGPathElement>();
  readonly #name: string;

  /** `name` is the side's, for who cannot see the picture. */
  constructor(name: string) {
    this.#name = name;
    this.element = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": name });
    const arrow = `arrow-${name.toLowerCase()}`;
    const tips = svg("defs", {});
    for (const kind of ["idle", "taken"]) tips.append(tip(`${arrow}-${kind}`, kind));
    this.element.append(tips);
    for (const { from, cause } of TRANSITIONS) this.#drawWay(from, cause, arrow);
    for (const state of Object.keys(BOXES) as SideState[]) this.#drawNode(state);
  }

  /** Marks where the side stands. */
  show({ state, last }: Standing): void {
    for (const [name, node] of this.#nodes) {
      const mark = state === name ? "here" : state === undefined && (name === "fresh" || name === "away") ? "perhaps" : "";
      node.setAttribute("class", `node ${mark}`);
    }
    for (const [key, way] of this.#ways) {
      const taken = last !== undefined && key === `${last.from} ${last.cause}`;
      way.setAttribute("class", taken ? "way taken" : "way");
      way.setAttribute("marker-end", `url(#${way.dataset["arrow"]}-${taken ? "taken" : "idle"})`);
    }
    const from = last === undefined ? "" : `, before that ${NAMES[last.from]}`;
    this.element.setAttribute("aria-label", `${this.#name}: ${state === undefined ? "not connected" : NAMES[state]}${from}`);
  }

  #drawWay(from: SideState, cause: Cause, arrow: string): void {
    const key = `${from} ${cause}`;
    const way = WAYS[key];
    if (way === undefined) throw new Error(`no way is drawn for ${key}`);
    const path = svg("path", { d: way.path, class: "way" });
    path.dataset["arrow"] = arrow;
    this.#ways.set(key, path);
    this.element.append(path);
    if (way.label === undefined) return;
    const [x, y, anchor, text] = way.label;
    const label = svg("text", { x: String(x), y: String(y), class: "way-name", "text-anchor": anchor });
    label.textContent = text;
    this.element.append(label);
  }

  #drawNode(state: SideState): void {
    const { x, y, width, height } = BOXES[state];
    const node = svg("g", { class: "node" });
    const box = { x: String(x), y: String(y), width: String(width), height: String(height), rx: "8" };
    const name = svg("text", { x: String(x + width / 2), y: String(y + height / 2 + 4.5), "text-anchor": "middle" });
    name.textContent = NAMES[state];
    node.append(svg("rect", box), name);
    this.#nodes.set(state, node);
    this.element.append(node);
  }
}

function tip(id: string, kind: string): SVGMarkerElement {
  const marker = svg("marker", { id, class: `tip ${kind}`, viewBox: "0 0 8 8", refX: "6", refY: "4", markerWidth: "9", markerHeight: "9", markerUnits: "userSpaceOnUse", orient: "auto" });
  marker.append(svg("path", { d: "M0 0L8 4L0 8Z" }));
  return marker;
}

function svg<Tag extends keyof SVGElementTagNameMap>(tag: Tag, attributes: Record<string, string>): SVGElementTagNameMap[Tag] {
  const element = document.createElementNS(NAMESPACE, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
