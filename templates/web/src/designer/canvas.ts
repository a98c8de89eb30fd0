// The form as people will fill it in, with handles: fields can be selected, moved by mouse and by keys, copied and removed.

import { announce, find, h, icon } from "../base/dom.ts";
import { isCommand, onKey } from "../base/key.ts";
import { t } from "../base/text.ts";
import { type Commands } from "./commands.ts";
import { type Doc, get, list, object, same, text, texts } from "./document.ts";
import { makeDraggable } from "./drag.ts";
import { type Field, columnsOf, fieldsOf, pathAt, pointerOf } from "./fields.ts";
import { entries, fieldName, kindOf, layoutOf, order, spanOf } from "./layout.ts";
import { likeness } from "./likeness.ts";
import { type Store, titleOf } from "./store.ts";
import { typeNamed } from "./types.ts";

export class Canvas {
  readonly element = h("div", { class: "dz-sheet", id: "canvas" });
  private phone = false;

  constructor(
    private readonly store: Store,
    private readonly commands: Commands,
  ) {
    store.listen((news) => {
      if (news.what === "doc" || news.what === "faults") this.draw();
      else if (news.what === "selection") this.mark();
    });
    this.element.addEventListener("pointerdown", (event) => this.press(event));
    onKey(this.element, (event) => this.key(event));
    makeDraggable(this.element, commands);
    this.draw();
  }

  setPhone(phone: boolean): void {
    this.phone = phone;
    this.element.classList.toggle("is-phone", phone);
    this.draw();
  }

  private press(event: PointerEvent): void {
    const target = event.target instanceof Element ? event.target : null;
    if (target?.closest("button")) return;
    const field = target?.closest<HTMLElement>("[data-path]");
    const entry = target?.closest<HTMLElement>("[data-at]");
    if (field?.dataset["path"]) this.store.select({ on: "field", path: field.dataset["path"] });
    else if (entry?.dataset["at"]) this.store.select({ on: "entry", at: entry.dataset["at"].split(".").map(Number) });
    else this.store.select({ on: "form" });
  }

  private key(event: KeyboardEvent): void {
    const card = event.target instanceof HTMLElement ? event.target.closest<HTMLElement>("[data-path], [data-at]") : null;
    if (!card || event.target instanceof HTMLButtonElement) return;
    const step = event.key === "ArrowDown" || event.key === "ArrowRight" ? 1 : event.key === "ArrowUp" || event.key === "ArrowLeft" ? -1 : 0;
    const { commands } = this;
    if (step !== 0 && event.altKey) commands.move(step);
    else if (step !== 0) this.walk(card, step);
    else if (event.key === "Enter" || event.key === "F2") commands.edit();
    else if (event.key === "Delete" || event.key === "Backspace") commands.remove();
    else if (isCommand(event) && event.key === "d") commands.duplicate();
    else if (isCommand(event) && event.key === "c") commands.copy();
    else if (isCommand(event) && event.key === "v") void commands.paste();
    else if (event.key === "Escape") commands.up();
    else if (event.key === "Home" || event.key === "End") this.walk(card, event.key === "Home" ? -1e6 : 1e6);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private cards(): HTMLElement[] {
    return [...this.element.querySelectorAll<HTMLElement>("[tabindex][data-path], [tabindex][data-at]")];
  }

  private walk(from: HTMLElement, step: number): void {
    const all = this.cards();
    const next = all[Math.min(Math.max(all.indexOf(from) + step, 0), all.length - 1)];
    if (!next) return;
    if (next.dataset["path"]) this.store.select({ on: "field", path: next.dataset["path"] });
    else this.store.select({ on: "entry", at: (next.dataset["at"] ?? "0").split(".").map(Number) });
    next.focus();
  }

  /** Puts the focus on what is selected. */
  focus(): void {
    find(".is-on", this.element)?.focus();
  }

  private draw(): void {
    const focused = this.element.contains(document.activeElement);
    const { doc } = this.store;
    const layout = layoutOf(doc);
    const fields = new Map(fieldsOf(doc).map((field) => [field.name, field]));
    const placed = new Set(order(layout));
    const loose = [...fields.values()].filter((field) => !placed.has(field.name));
    const parts = layout.map((entry, index) => this.entry(entry, [index], fields));
    if (loose.length > 0) parts.push(h("section", { class: "dz-part is-loose" }, h("div", { class: "dz-head" }, h("h2", {}, t("design.loose")), h("span", { class: "mut t12" }, t("design.loose_text"))), h("div", { class: "dz-grid" }, ...loose.map((field) => this.card(field, null)))));
    if (fields.size === 0) parts.push(h("div", { class: "dz-empty" }, icon("mouse-pointer-click", "l"), h("p", {}, t("design.empty_form"))));
    this.element.replaceChildren(...parts);
    this.mark();
    if (focused) this.focus();
  }

  private entry(entry: Doc, at: number[], fields: Map<string, Field>): HTMLElement {
    const kind = kindOf(entry);
    const place = at.join(".");
    const head = (sign: SVGElement | null, words: string, more: (Node | null)[] = []) =>
      h("div", { class: "dz-head", "data-at": place, "data-drag": `entry:${place}`, tabindex: "-1", role: "group", "aria-label": t("design.part_named", { kind: t(`design.part.${kind}`), title: words }) }, h("span", { class: "dz-grip", "aria-hidden": "true" }, icon("grip-vertical", "s")), sign, h("h2", {}, words), ...more);
    if (kind === "tab") {
      return h("section", { class: "dz-part is-tab" }, head(icon("panel-top", "s"), titleOf(entry, text(entry, "/tab")), [h("span", { class: "tag" }, t("design.part.tab"))]), ...list(entry, "/content").map((inner, index) => this.entry(object(inner), [...at, index], fields)));
    }
    if (kind === "related") {
      const related = object(entry, "/related");
      return h("section", { class: "dz-part" }, head(icon("list-tree", "s"), titleOf(entry, text(related, "/form")) || t("design.part.related"), [h("span", { class: "tag" }, t("design.part.related"))]), h("div", { class: "dz-ghost" }, h("span", {}, t("design.related_text", { form: text(related, "/form") || "…", via: text(related, "/via") || "…" }))));
    }
    if (kind === "timeline") return h("section", { class: "dz-part" }, head(icon("history", "s"), titleOf(entry) || t("design.part.timeline")), h("div", { class: "dz-ghost" }, texts(entry, "/timeline").join(" · ")));
    if (kind === "text") return h("section", { class: "dz-part" }, head(icon("text", "s"), text(entry, "/text").slice(0, 80) || t("design.part.text")));
    if (kind === "actions") return h("section", { class: "dz-part" }, head(icon("square-mouse-pointer", "s"), t("design.part.actions")), h("div", { class: "dz-ghost" }, texts(entry, "/actions").join(" · ")));
    const items = list(entry, "/fields");
    const single = items.length === 1 ? fields.get(fieldName(items[0] ?? "")) : undefined;
    const title = titleOf(entry, single?.type === "table" ? titleOf(single.property, single.name) : "") || t("design.untitled_section");
    const columns = Number(entry["columns"] ?? 2);
    const cards = items.flatMap((item, index) => {
      const field = fields.get(fieldName(item));
      return field ? [this.card(field, { place, index, span: spanOf(item) })] : [h("div", { class: "dz-field is-gone" }, icon("circle-alert", "s"), h("span", {}, t("design.no_such_field", { name: fieldName(item) })))];
    });
    const grid = h("div", { class: `dz-grid${columns === 1 || this.phone ? " is-one" : columns > 2 ? " is-three" : ""}`, "data-zone": place }, ...cards);
    if (cards.length === 0) grid.append(h("div", { class: "dz-zone" }, t("design.drop_here")));
    return h("section", { class: "dz-part", "data-part": place }, head(null, title, [columns === 1 ? h("span", { class: "tag out" }, t("design.one_column")) : columns > 2 ? h("span", { class: "tag out num" }, t("design.columns", { count: columns })) : null]), grid);
  }

  /** A field with its likeness; new and changed ones are marked. */
  private card(field: Field, where: { place: string; index: number; span: number } | null): HTMLElement {
    const type = typeNamed(field.type);
    const { store } = this;
    const before = store.published && get(store.published, pointerOf(field.path));
    const state = !before ? "new" : same(before, field.property) ? null : "changed";
    const faults = store.faults.filter((fault) => pathAt(fault.at) === field.path);
    const wide = type.wide || (where && where.span > 1);
    const card = h(
      "div",
      {
        class: `dz-field${wide ? " is-wide" : ""}${state ? ` is-${state}` : ""}${faults.length > 0 ? " is-bad" : ""}`,
        "data-path": field.path,
        "data-drag": `field:${field.path}`,
        "data-index": where?.index ?? null,
        tabindex: "-1",
        role: "group",
        "aria-label": `${titleOf(field.property, field.name)}, ${t(`design.type.${type.name}`)}${field.required ? `, ${t("design.o.required")}` : ""}${faults.length > 0 ? `, ${t("faults", { count: faults.length })}` : ""}`,
      },
      h("div", { class: "dz-label" }, h("span", { class: "trunc" }, titleOf(field.property, field.name)), field.required && h("span", { class: "req" }, "*"), field.property["readOnly"] === true && icon("lock", "s"), state === "new" && store.published && h("span", { class: "tag c2" }, t("design.new")), state === "changed" && h("span", { class: "dz-dot", title: t("design.changed") })),
      field.type === "table" ? this.table(field) : likeness(field),
      ...faults.map((fault) => h("span", { class: "err" }, icon("circle-alert", "s"), h("span", {}, fault.message))),
    );
    return card;
  }

  private table(field: Field): HTMLElement {
    const columns = columnsOf(field).map((column) => {
      const bad = this.store.faults.some((fault) => pathAt(fault.at) === column.path);
      const type = typeNamed(column.type);
      return h("div", { class: `dz-col${bad ? " is-bad" : ""}`, "data-path": column.path, "data-drag": `field:${column.path}`, tabindex: "-1", role: "group", "aria-label": `${titleOf(column.property, column.name)}, ${t(`design.type.${type.name}`)}` }, sign(type.icon), h("span", { class: "trunc" }, titleOf(column.property, column.name)), column.required && h("span", { class: "req" }, "*"));
    });
    return h("div", { class: "dz-table", "data-table": field.name }, ...columns, columns.length === 0 && h("span", { class: "dz-zone" }, t("design.drop_columns")));
  }

  private mark(): void {
    const { selection } = this.store;
    const wanted = selection.on === "field" ? `[data-path="${CSS.escape(selection.path)}"]` : selection.on === "entry" ? `.dz-head[data-at="${selection.at.join(".")}"]` : null;
    let chosen: HTMLElement | null = null;
    for (const card of this.cards()) {
      const on = wanted !== null && card.matches(wanted);
      card.classList.toggle("is-on", on);
      card.tabIndex = -1;
      if (on) chosen = card;
    }
    const first = chosen ?? this.cards()[0];
    if (first) first.tabIndex = 0;
    find(".dz-tools-f", this.element)?.remove();
    if (chosen?.classList.contains("dz-field")) {
      // beside the card, not in it, and in nobody's way: it takes no place of the grid
      const tools = this.tools();
      tools.style.top = `${chosen.offsetTop - 14}px`;
      tools.style.left = `${chosen.offsetLeft + chosen.offsetWidth}px`;
      chosen.after(tools);
    }
    chosen?.scrollIntoView({ block: "nearest" });
    if (selection.on === "field") announce(chosen?.getAttribute("aria-label") ?? "");
  }

  private tools(): HTMLElement {
    const button = (sign: SVGElement, words: string, run: () => void) => h("button", { type: "button", class: "btn ghost icon sm", "aria-label": words, title: words, onclick: run }, sign);
    const { commands } = this;
    return h("div", { class: "dz-tools-f", role: "toolbar", "aria-label": t("design.field_tools") }, button(icon("arrow-up", "s"), t("design.move_up"), () => commands.move(-1)), button(icon("arrow-down", "s"), t("design.move_down"), () => commands.move(1)), button(icon("copy", "s"), t("design.duplicate"), () => commands.duplicate()), button(icon("trash-2", "s"), t("design.remove"), () => commands.remove()));
  }
}

/** An icon whose name comes from a table; the table's names are in the sprite because they stand there as `icon: "…"`. */
export function sign(name: string): SVGElement {
  return icon(name, "s");
}

/** Entries of the layout with their places, for pickers. */
export function places(doc: Doc): { at: number[]; title: string }[] {
  return entries(layoutOf(doc)).filter(({ doc: entry }) => kindOf(entry) === "section").map(({ at, doc: entry }) => ({ at, title: titleOf(entry, text(entry, "/section")) || t("design.untitled_section") }));
}
