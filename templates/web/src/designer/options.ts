// The editor of a list of choices: a tree of rows with value, title, translations, colour and spellings. Keys as in an outline.

import { announce, find, h, icon } from "../base/dom.ts";
import { onKey, onText } from "../base/key.ts";
import { t } from "../base/text.ts";
import { colorPicker } from "./choices.ts";
import { labelled, line, titled, toggle, withWords, words } from "./controls.ts";
import { type Doc, get, isDoc, list, set, text, texts } from "./document.ts";
import type { Editor } from "./editor.ts";
import { type Store, titleOf } from "./store.ts";
import { proposeName } from "./world.ts";

interface Row {
  index: number;
  item: Doc;
  depth: number;
}

const BY = "options";

export function drawOptions(store: Store): Editor {
  const search = h("input", { class: "in", type: "search", placeholder: t("design.options.search"), "aria-label": t("design.options.search"), "data-key": "/" });
  const body = h("div", { class: "dz-options", role: "table", "aria-label": t("design.kinds.options") });
  const side = h("aside", { class: "dz-side dz-props", "aria-label": t("design.properties") });
  const count = h("span", { class: "mut t12 num" });
  let chosen = -1;

  const items = () => list(store.doc, "/items").filter(isDoc);
  const put = (next: Doc[], key: string | null = null, by: string | null = null) => store.change(set(store.doc, "/items", next), key, by);
  const change = (index: number, to: Doc, key: string) => put(items().map((item, place) => (place === index ? to : item)), `item ${index} ${key}`, BY);

  const ordered = (): Row[] => {
    const all = items();
    const values = new Set(all.map((item) => text(item, "/value")));
    const below = (parent: string, depth: number, seen: Set<string>): Row[] =>
      all.flatMap((item, index) => {
        const value = text(item, "/value");
        const under = text(item, "/parent");
        const here = values.has(under) ? under : "";
        if (here !== parent || seen.has(value)) return [];
        return [{ index, item, depth }, ...(value ? below(value, depth + 1, new Set([...seen, value])) : [])];
      });
    return below("", 0, new Set());
  };

  const draw = () => {
    const wanted = search.value.trim().toLowerCase();
    const focused = body.contains(document.activeElement) ? document.activeElement : null;
    const column = focused instanceof HTMLElement ? focused.dataset["column"] : undefined;
    const rows = ordered().filter(({ item }) => wanted === "" || JSON.stringify(item).toLowerCase().includes(wanted));
    count.textContent = t("design.options.count", { count: items().length });
    const head = h("div", { class: "dz-opt is-head", role: "row" }, ...["title", "value", "color", "state"].map((name) => h("span", { role: "columnheader" }, t(`design.options.${name}`))), h("span", { role: "columnheader" }, h("span", { class: "vh" }, t("design.options.acts"))));
    const shown = rows.slice(0, 500).map((row) => rowOf(row));
    body.replaceChildren(head, ...shown, ...(rows.length > 500 ? [h("p", { class: "mut t13 dz-opt-more" }, t("design.options.more", { count: rows.length - 500 }))] : []), ...(rows.length === 0 ? [h("p", { class: "mut t13 dz-opt-more" }, wanted ? t("palette.none") : t("design.options.empty"))] : []));
    if (column && chosen >= 0) find(`[data-index="${chosen}"] [data-column="${column}"]`, body)?.focus();
    drawSide();
  };

  const rowOf = ({ index, item, depth }: Row): HTMLElement => {
    const language = document.documentElement.lang;
    const label = text(item, `/labels/${language}`);
    const value = line(text(item, "/value"), (typed) => {
      const all = items();
      const before = text(all[index], "/value");
      // what lies below follows its parent's new value
      put(all.map((other, place) => (place === index ? { ...other, value: typed } : text(other, "/parent") === before && before ? { ...other, parent: typed } : other)), `item ${index} value`, BY);
    }, { class: "in sm mono", "data-column": "value", "aria-label": t("design.options.value") });
    const title = line(label || text(item, "/title"), (typed) => {
      const now = items()[index] ?? item;
      change(index, label ? set(now, `/labels/${language}`, typed) : { ...now, title: typed }, "title");
    }, { class: "in sm", "data-column": "title", "aria-label": t("design.options.title") });
    title.addEventListener("change", async () => {
      const now = items()[index];
      if (!now || text(now, "/value") || !title.value.trim()) return;
      const name = await proposeName(title.value, items().map((other) => text(other, "/value")), "choice");
      const again = items()[index];
      if (again && !text(again, "/value")) {
        change(index, { ...again, value: name }, "value");
        value.value = name;
      }
    });
    const active = get(item, "/active") !== false;
    const act = (sign: SVGElement, label: string, run: () => void) => h("button", { type: "button", class: "btn ghost icon sm", "aria-label": label, title: label, onclick: run }, sign);
    const state = h("button", { type: "button", class: `tag ${active ? "c2" : "c9"}`, onclick: () => {
      const now = items()[index] ?? item;
      put(items().map((other, place) => (place === index ? set(now, "/active", active ? false : undefined) : other)));
    } }, active ? t("design.options.active") : t("design.options.retired"));
    const row = h(
      "div",
      { class: `dz-opt d${Math.min(depth, 4)}${index === chosen ? " is-on" : ""}${active ? "" : " is-off"}`, role: "row", "data-index": index },
      h("span", { role: "cell" }, title),
      h("span", { role: "cell" }, value),
      h("span", { role: "cell" }, colorPicker(text(item, "/color"), (color) => change(index, set(items()[index] ?? item, "/color", color || undefined), "color"))),
      h("span", { role: "cell" }, state),
      h("span", { role: "cell", class: "row g4" }, act(icon("arrow-up", "s"), t("design.move_up"), () => move(index, -1)), act(icon("arrow-down", "s"), t("design.move_down"), () => move(index, 1)), act(icon("indent-increase", "s"), t("design.options.indent"), () => indent(index, 1)), act(icon("indent-decrease", "s"), t("design.options.outdent"), () => indent(index, -1)), act(icon("trash-2", "s"), t("design.remove"), () => remove(index))),
    );
    row.addEventListener("focusin", () => choose(index));
    row.addEventListener("click", () => choose(index));
    onKey(row, (event) => {
      const rows = ordered();
      const at = rows.findIndex((other) => other.index === index);
      const to = (place: number) => find(`[data-index="${rows[place]?.index}"] [data-column="title"]`, body)?.focus();
      if (event.altKey && event.key === "ArrowUp") move(index, -1);
      else if (event.altKey && event.key === "ArrowDown") move(index, 1);
      else if (event.altKey && event.key === "ArrowRight") indent(index, 1);
      else if (event.altKey && event.key === "ArrowLeft") indent(index, -1);
      else if (event.key === "ArrowUp" && at > 0) to(at - 1);
      else if (event.key === "ArrowDown" && at < rows.length - 1) to(at + 1);
      else if (event.key === "Enter" && event.target instanceof HTMLInputElement) add(index);
      else if (event.key === "Backspace" && event.ctrlKey) remove(index);
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    return row;
  };

  const choose = (index: number) => {
    if (index === chosen) return;
    chosen = index;
    for (const row of body.querySelectorAll<HTMLElement>("[data-index]")) row.classList.toggle("is-on", Number(row.dataset["index"]) === index);
    drawSide();
  };

  const add = (after: number | null) => {
    const all = items();
    const beside = after === null ? undefined : all[after];
    const made: Doc = { value: "", title: "", ...(beside && text(beside, "/parent") ? { parent: text(beside, "/parent") } : {}) };
    const place = after === null ? all.length : after + 1;
    chosen = place;
    put([...all.slice(0, place), made, ...all.slice(place)]);
    find(`[data-index="${place}"] [data-column="title"]`, body)?.focus();
  };

  /** Among its neighbours: those of the same parent. */
  const move = (index: number, step: number) => {
    const all = items();
    const moved = all[index];
    if (!moved) return;
    const beside = all.map((item, place) => ({ item, place })).filter(({ item }) => text(item, "/parent") === text(moved, "/parent"));
    const other = beside[beside.findIndex(({ place }) => place === index) + step];
    if (!other) return;
    const next = [...all];
    next[index] = other.item;
    next[other.place] = moved;
    chosen = other.place;
    put(next);
    announce(t("design.moved"));
  };

  const indent = (index: number, step: 1 | -1) => {
    const all = items();
    const item = all[index];
    if (!item) return;
    const rows = ordered();
    const at = rows.findIndex((row) => row.index === index);
    const depth = rows[at]?.depth ?? 0;
    const above = rows.slice(0, at).reverse().find((row) => row.depth === depth);
    const parent = step === 1 ? text(above?.item, "/value") : text(all.find((other) => text(other, "/value") === text(item, "/parent")), "/parent");
    if (step === 1 && !parent) return;
    put(all.map((other, place) => (place === index ? set(other, "/parent", parent || undefined) : other)));
  };

  const remove = (index: number) => {
    const all = items();
    const gone = text(all[index], "/value");
    const up = text(all[index], "/parent");
    chosen = Math.max(0, index - 1);
    put(all.filter((_, place) => place !== index).map((item) => (gone && text(item, "/parent") === gone ? set(item, "/parent", up || undefined) : item)));
  };

  const drawSide = () => {
    if (side.contains(document.activeElement)) return;
    const item = items()[chosen];
    const whole = [
      h("header", { class: "dz-props-h" }, h("span", { class: "tag c1" }, t("design.kind.options")), h("h2", { class: "trunc" }, titleOf(store.doc))),
      h("div", { class: "dz-props-b" }, ...faultsOf(store), titled(store.doc, "title", t("design.o.title"), (next) => store.change(withWords(store.doc, next, ["title", "labels"]), "title", BY)), titled(store.doc, "description", t("design.o.description"), (next) => store.change(withWords(store.doc, next, ["description", "descriptions"]), "description", BY)), h("p", { class: "mut t12" }, t("design.options.keys"))),
    ];
    if (!item) {
      side.replaceChildren(...whole);
      return;
    }
    const index = chosen;
    const now = () => items()[index] ?? item;
    side.replaceChildren(
      h("header", { class: "dz-props-h" }, h("span", { class: "tag c5" }, t("design.choice")), h("h2", { class: "trunc" }, titleOf(item, text(item, "/value"))), h("span", { class: "grow" }), h("button", { type: "button", class: "btn ghost sm", onclick: () => {
        chosen = -1;
        draw();
      } }, t("design.options.list"))),
      h(
        "div",
        { class: "dz-props-b" },
        titled(item, "title", t("design.o.title"), (next) => change(index, withWords(now(), next, ["title", "labels"]), "words")),
        labelled(t("design.options.aliases"), words(texts(item, "/aliases"), (next) => change(index, set(now(), "/aliases", next.length > 0 ? next : undefined), "aliases")), t("design.options.aliases_help")),
        toggle(t("design.options.active"), get(item, "/active") !== false, (on) => put(items().map((other, place) => (place === index ? set(now(), "/active", on ? undefined : false) : other))), t("design.options.active_help")),
      ),
    );
  };

  const paste = (event: ClipboardEvent) => {
    const lines = (event.clipboardData?.getData("text/plain") ?? "").split(/\r?\n/).map((one) => one.split("\t")).filter((cells) => cells.some((cell) => cell.trim()));
    if (lines.length < 2) return;
    // many lines become many choices: title, and the value beside it where there is one
    event.preventDefault();
    const all = items();
    const taken = new Set(all.map((item) => text(item, "/value")));
    void Promise.resolve(lines).then(async (rows) => {
      const made: Doc[] = [];
      for (const cells of rows) {
        const title = (cells[0] ?? "").trim();
        const value = (cells[1] ?? "").trim() || (await proposeName(title, [...taken], "choice"));
        if (taken.has(value)) continue;
        taken.add(value);
        made.push({ value, title });
      }
      const kept = all.filter((item) => text(item, "/value") || text(item, "/title"));
      put([...kept, ...made]);
      announce(t("design.options.pasted", { count: made.length }));
    });
  };
  body.addEventListener("paste", paste);
  onText(search, draw);
  store.listen((news) => {
    if (news.what === "doc" && news.by !== BY) draw();
    else if (news.what === "faults" || news.what === "doc") drawSide();
  });
  draw();
  const add_ = h("button", { type: "button", class: "btn", onclick: () => add(chosen >= 0 ? chosen : null) }, icon("plus"), t("design.add_choice"));
  return { element: h("div", { class: "dz-form is-two" }, h("div", { class: "dz-canvas" }, h("div", { class: "dz-canvas-h" }, h("div", { class: "dz-w240" }, search), add_, h("span", { class: "grow" }), count), h("div", { class: "card" }, body)), side) };
}

/** What is wrong with a definition, by place. */
export function faultsOf(store: Store): HTMLElement[] {
  if (store.faults.length === 0) return [];
  return [h("div", { class: "note bad" }, icon("circle-alert"), h("div", {}, ...store.faults.slice(0, 20).map((fault) => h("p", {}, h("button", { type: "button", class: "link", "data-json": fault.at }, fault.at || "/"), " ", fault.message))))];
}
