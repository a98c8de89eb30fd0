// The left side: the tree of what is on the form, found by typing, and the types that can be added, by drag or by Enter.

import { find, h, icon } from "../base/dom.ts";
import { onKey, onText } from "../base/key.ts";
import { t } from "../base/text.ts";
import { sign } from "./canvas.ts";
import type { Commands } from "./commands.ts";
import { type Doc, get, list, object, same, text } from "./document.ts";
import { makeDraggable } from "./drag.ts";
import { type Field, columnsOf, fieldsOf, pathAt, pointerOf } from "./fields.ts";
import { fieldName, kindOf, layoutOf, order } from "./layout.ts";
import { type Selection, type Store, titleOf } from "./store.ts";
import { type Group, TYPES, typeNamed } from "./types.ts";

const GROUPS: Group[] = ["text", "number", "choice", "time", "people", "relation", "file", "special"];
const WHOLE = { icon: "layout-template" };
const PARTS: { name: string; icon: string }[] = [
  { name: "section", icon: "rows-3" },
  { name: "tab", icon: "panel-top" },
  { name: "related", icon: "list-tree" },
  { name: "timeline", icon: "history" },
  { name: "text", icon: "text" },
];

export class Library {
  readonly element = h("aside", { class: "dz-side dz-lib", "aria-label": t("design.library") });
  private readonly search = h("input", { class: "in", type: "search", placeholder: t("design.search"), "aria-label": t("design.search"), "data-key": "/" });
  private readonly tree = h("ul", { class: "dz-tree", role: "tree", "aria-label": t("design.tree") });
  private readonly palette = h("div", { class: "dz-palette" });

  constructor(
    private readonly store: Store,
    private readonly commands: Commands,
    private readonly offered: string[],
  ) {
    onText(this.search, () => {
      this.drawTree();
      this.drawPalette();
    });
    onKey(this.search, (event) => {
      if (event.key === "ArrowDown") find('[role="treeitem"]', this.tree)?.focus();
      else if (event.key === "Escape") {
        this.search.value = "";
        this.drawTree();
        this.drawPalette();
      } else if (event.key === "Enter") this.first();
      else return;
      event.preventDefault();
    });
    onKey(this.tree, (event) => this.key(event));
    makeDraggable(this.tree, commands);
    makeDraggable(this.palette, commands);
    this.element.append(h("div", { class: "dz-find" }, icon("search", "s"), this.search), h("div", { class: "dz-tree-w", tabindex: "-1" }, this.tree), h("div", { class: "dz-pal-w" }, h("p", { class: "t12 mut" }, t("design.palette_hint")), this.palette));
    store.listen((news) => {
      if (news.what !== "saving") this.drawTree();
    });
    this.drawTree();
    this.drawPalette();
  }

  /** Enter in the search: the only field found, else the first type. */
  private first(): void {
    const item = find('[role="treeitem"][data-path]', this.tree);
    if (item && this.search.value) item.click();
    else find("[data-type]", this.palette)?.click();
  }

  private matches(...words: string[]): boolean {
    const wanted = this.search.value.trim().toLowerCase();
    return wanted === "" || words.some((word) => word.toLowerCase().includes(wanted));
  }

  private drawTree(): void {
    const focused = this.tree.contains(document.activeElement);
    const { doc } = this.store;
    const fields = new Map(fieldsOf(doc).map((field) => [field.name, field]));
    const layout = layoutOf(doc);
    const placed = new Set(order(layout));
    const items: HTMLElement[] = [this.item({ on: "form" }, WHOLE.icon, titleOf(doc), null, 1)];
    const walk = (entry: Doc, at: number[]) => {
      const kind = kindOf(entry);
      const sign = PARTS.find((part) => part.name === kind)?.icon ?? "rows-3";
      const inside = list(entry, "/fields").flatMap((item) => fields.get(fieldName(item)) ?? []);
      const shown = inside.flatMap((field) => this.fieldItems(field, at.length + 2));
      const title = titleOf(entry, text(entry, `/${kind}`)) || (inside.length === 1 && inside[0] ? titleOf(inside[0].property, inside[0].name) : t(`design.part.${kind}`));
      if (shown.length > 0 || this.matches(title)) items.push(this.item({ on: "entry", at }, sign, title, null, at.length + 1), ...shown);
      list(entry, "/content").forEach((inner, index) => walk(object(inner), [...at, index]));
    };
    layout.forEach((entry, index) => walk(entry, [index]));
    for (const field of fields.values()) if (!placed.has(field.name)) items.push(...this.fieldItems(field, 2));
    this.tree.replaceChildren(...items);
    const chosen = find('[aria-selected="true"]', this.tree) ?? items[0];
    if (chosen) chosen.tabIndex = 0;
    chosen?.scrollIntoView({ block: "nearest" });
    if (focused) chosen?.focus();
  }

  private fieldItems(field: Field, level: number): HTMLElement[] {
    const columns = columnsOf(field).flatMap((column) => (this.matches(column.name, titleOf(column.property, column.name)) ? [this.fieldItem(column, level + 1)] : []));
    return columns.length > 0 || this.matches(field.name, titleOf(field.property, field.name), t(`design.type.${field.type}`)) ? [this.fieldItem(field, level), ...columns] : [];
  }

  private fieldItem(field: Field, level: number): HTMLElement {
    const before = this.store.published && get(this.store.published, pointerOf(field.path));
    const bad = this.store.faults.some((fault) => pathAt(fault.at) === field.path);
    const state = bad ? "bad" : !this.store.published ? null : !before ? "new" : same(before, field.property) ? null : "changed";
    const end = state ? h("span", { class: `dz-dot is-${state}`, title: t(state === "bad" ? "design.faulty_field" : state === "new" ? "design.new" : "design.changed") }) : h("code", { class: "trunc" }, field.name);
    return this.item({ on: "field", path: field.path }, typeNamed(field.type).icon, titleOf(field.property, field.name), end, level);
  }

  private item(selection: Selection, sign_: string, title: string, end: HTMLElement | null, level: number): HTMLElement {
    const { selection: now } = this.store;
    const on = JSON.stringify(now) === JSON.stringify(selection);
    const item = h("li", { role: "treeitem", "aria-level": level, "aria-selected": String(on), tabindex: "-1", class: `d${Math.min(level, 5)}`, "data-path": selection.on === "field" ? selection.path : null, "data-drag": selection.on === "field" ? `field:${selection.path}` : null, "data-drop-name": title, onclick: () => this.store.select(selection) }, sign(sign_), h("span", { class: "trunc grow" }, title), end);
    return item;
  }

  private key(event: KeyboardEvent): void {
    const item = event.target instanceof HTMLElement ? event.target.closest<HTMLElement>('[role="treeitem"]') : null;
    if (!item) return;
    const all = [...this.tree.querySelectorAll<HTMLElement>('[role="treeitem"]')];
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : event.key === "Home" ? -1e6 : event.key === "End" ? 1e6 : 0;
    const { commands } = this;
    if (step !== 0 && event.altKey) commands.move(step > 0 ? 1 : -1);
    else if (step !== 0) all[Math.min(Math.max(all.indexOf(item) + step, 0), all.length - 1)]?.click();
    else if (event.key === "Enter" || event.key === "F2") commands.edit();
    else if (event.key === "Delete") commands.remove();
    else return;
    event.preventDefault();
  }

  private drawPalette(): void {
    const groups = GROUPS.flatMap((group) => {
      const types = TYPES.filter((type) => type.group === group && this.offered.includes(type.name) && this.matches(t(`design.type.${type.name}`), type.name));
      return types.length === 0 ? [] : [h("h3", {}, t(`design.group.${group}`)), h("div", { class: "dz-types" }, ...types.map((type) => this.tile("type", type.name, type.icon, t(`design.type.${type.name}`))))];
    });
    const parts = PARTS.filter((part) => this.matches(t(`design.part.${part.name}`), part.name));
    if (parts.length > 0) groups.push(h("h3", {}, t("design.group.parts")), h("div", { class: "dz-types" }, ...parts.map((part) => this.tile("part", part.name, part.icon, t(`design.part.${part.name}`)))));
    this.palette.replaceChildren(...groups);
  }

  private tile(kind: "type" | "part", name: string, icon: string, words: string): HTMLElement {
    return h("button", { type: "button", class: "dz-tile", "data-type": name, "data-drag": `${kind}:${name}`, onclick: () => (kind === "type" ? this.commands.add(name) : this.commands.addPart(name)) }, sign(icon), h("span", { class: "trunc" }, words));
  }
}
