/** A side's state machine as a picture: where it stands, and the way it came last. */

import { TRANSITIONS, type Cause, type SideState, type Standing } from "./side-state.js";

const NAMESPACE = "http://www.w3.org/2000/svg";
const WIDTH = 320;
const HEIGHT = 150;
const NODE = { width: 100, height: 30 };

/** The middle of each state's box. */
const PLACES: Record<SideState, readonly [x: number, y: number]> = {
  fresh: [54, 32],
  connected: [264, 32],
  away: [264, 116],
  closed: [54, 116],
};

const NAMES: Record<SideState, string> = { fresh: "Token ready", connected: "Connected", away: "Away", closed: "Closed" };

/** How each way is drawn, and where its name stands. A way to `closed` leads from every other box, and is drawn once. */
const WAYS: Record<string, { readonly path: string; readonly label?: readonly [x: number, y: number, text: string] }> = {
  "fresh use": { path: "M104 26H208", label: [159, 20, "uses its token"] },
  "connected rotation": { path: "M214 39H110", label: [159, 52, "rotation"] },
  "connected drop": { path: "M254 47V95", label: [248, 76, "drops"] },
  "away return": { path: "M276 101V53", label: [281, 76, "returns"] },
  "away rotation": { path: "M214 108L112 49" },
  "fresh end": { path: "M54 47V95", label: [60, 84, "ends"] },
  "connected end": { path: "M214 45L112 108" },
  "away end": { path: "M214 120H110", label: [159, 134, "closes or expires"] },
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
    for (const state of Object.keys(PLACES) as SideState[]) this.#drawNode(state);
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
    const [x, y, text] = way.label;
    const anchor = cause === "drop" ? "end" : cause === "return" || from === "fresh" && cause === "end" ? "start" : "middle";
    const label = svg("text", { x: String(x), y: String(y), class: "way-name", "text-anchor": anchor });
    label.textContent = text;
    this.element.append(label);
  }

  #drawNode(state: SideState): void {
    const [x, y] = PLACES[state];
    const node = svg("g", { class: "node" });
    const box = { x: String(x - NODE.width / 2), y: String(y - NODE.height / 2), width: String(NODE.width), height: String(NODE.height), rx: "8" };
    const name = svg("text", { x: String(x), y: String(y + 4.5), "text-anchor": "middle" });
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
