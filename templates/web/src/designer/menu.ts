// The editor of an app: its words, its menu as an outline, what it requires and which forms it lets others link to.

import { announce, h, icon } from "../base/dom.ts";
import { onKey } from "../base/key.ts";
import { t } from "../base/text.ts";
import { labelled, line, selectLater, several, titled, withWords } from "./controls.ts";
import { type Doc, type Value, isDoc, list, object, set, text, texts } from "./document.ts";
import type { Editor } from "./editor.ts";
import { faultsOf } from "./options.ts";
import { iconPicker } from "./parts.ts";
import { blankFirst } from "./properties.ts";
import { type Store, titleOf } from "./store.ts";
import type { World } from "./world.ts";

const BY = "menu";

export async function drawApp(store: Store, world: World): Promise<Editor> {
  const [forms, apps] = await Promise.all([world.forms(), world.of("app")]);
  const body = h("div", { class: "dz-menu", role: "tree", "aria-label": t("design.menu.title") });
  const side = h("aside", { class: "dz-side dz-props", "aria-label": t("design.properties") });
  let chosen: string | null = null;

  const put = (menu: Value[], by: string | null = null, key: string | null = null) => store.change(set(store.doc, "/menu", menu), key, by);
  const menu = () => list(store.doc, "/menu");
  const entryAt = (at: string) => {
    const [first, second] = at.split(".").map(Number);
    const entry = menu()[first ?? -1];
    return second === undefined ? entry : list(entry, "/items")[second];
  };
  const pointerOf = (at: string) => `/menu/${at.split(".").join("/items/")}`;
  const titled_ = (entry: Value | undefined) => titleOf(isDoc(entry) ? entry : {}, text(entry, "/group") || (forms.find((form) => form.name === text(entry, "/form"))?.title ?? text(entry, "/form")) || text(entry, "/report") || text(entry, "/dashboard") || "—");

  const draw = () => {
    const focused = body.contains(document.activeElement);
    const items: HTMLElement[] = [];
    const walk = (entries: Value[], above: string) =>
      entries.forEach((entry, index) => {
        const at = above ? `${above}.${index}` : String(index);
        items.push(item(entry, at, above ? 2 : 1));
        if (isDoc(entry) && entry["group"] !== undefined) walk(list(entry, "/items"), at);
      });
    walk(menu(), "");
    body.replaceChildren(...items, ...(items.length === 0 ? [h("p", { class: "card-b mut t13" }, t("design.menu.empty"))] : []));
    const on = body.querySelector<HTMLElement>('[aria-selected="true"]') ?? items[0];
    if (on) on.tabIndex = 0;
    if (focused) on?.focus();
    drawSide();
  };

  const item = (entry: Value, at: string, level: number): HTMLElement => {
    const isGroup = isDoc(entry) && entry["group"] !== undefined;
    const act = (sign: SVGElement, words: string, run: () => void) => h("button", { type: "button", class: "btn ghost icon sm", "aria-label": words, title: words, tabindex: "-1", onclick: (event) => {
      event.stopPropagation();
      run();
    } }, sign);
    const row = h("div", { class: `dz-menu-i d${level}${isGroup ? " is-group" : ""}`, role: "treeitem", "aria-level": level, "aria-selected": String(chosen === at), tabindex: "-1", onclick: () => {
      chosen = at;
      draw();
    } }, isGroup ? icon("folder", "s") : icon("file-text", "s"), h("span", { class: "trunc grow" }, titled_(entry)), h("code", {}, text(entry, "/form")), act(icon("arrow-up", "s"), t("design.move_up"), () => move(at, -1)), act(icon("arrow-down", "s"), t("design.move_down"), () => move(at, 1)), act(icon("trash-2", "s"), t("design.remove"), () => remove(at)));
    onKey(row, (event) => {
      const all = [...body.querySelectorAll<HTMLElement>('[role="treeitem"]')];
      const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
      if (event.altKey && step !== 0) move(at, step);
      else if (event.altKey && event.key === "ArrowRight") into(at);
      else if (event.altKey && event.key === "ArrowLeft") out(at);
      else if (step !== 0) {
        const next = all[all.indexOf(row) + step];
        next?.click();
        body.querySelector<HTMLElement>('[aria-selected="true"]')?.focus();
      } else if (event.key === "Delete") remove(at);
      else if (event.key === "Enter") side.querySelector<HTMLElement>(".dz-props-b input, .dz-props-b select")?.focus();
      else return;
      event.preventDefault();
      event.stopPropagation();
    });
    return row;
  };

  const beside = (at: string): { list: Value[]; index: number; put: (items: Value[]) => void; above: string } => {
    const parts = at.split(".");
    const index = Number(parts.at(-1));
    const above = parts.slice(0, -1).join(".");
    return above ? { list: list(entryAt(above), "/items"), index, above, put: (items) => store.change(set(store.doc, `${pointerOf(above)}/items`, items)) } : { list: menu(), index, above, put: (items) => put(items) };
  };
  const move = (at: string, step: number) => {
    const { list: items, index, put: write, above } = beside(at);
    const moved = items[index];
    const to = index + step;
    if (moved === undefined || to < 0 || to >= items.length) return;
    const rest = items.filter((_, place) => place !== index);
    chosen = above ? `${above}.${to}` : String(to);
    write([...rest.slice(0, to), moved, ...rest.slice(to)]);
    announce(t("design.moved"));
  };
  const remove = (at: string) => {
    const { list: items, index, put: write } = beside(at);
    chosen = null;
    write(items.filter((_, place) => place !== index));
  };
  /** Into the group above it. */
  const into = (at: string) => {
    const index = Number(at);
    const group = menu()[index - 1];
    const entry = menu()[index];
    if (at.includes(".") || !isDoc(group) || group["group"] === undefined || entry === undefined || (isDoc(entry) && entry["group"] !== undefined)) return;
    const items = [...list(group, "/items"), entry];
    chosen = `${index - 1}.${items.length - 1}`;
    put(menu().flatMap((one, place) => (place === index ? [] : place === index - 1 ? [{ ...group, items }] : [one])));
  };
  const out = (at: string) => {
    const [first, second] = at.split(".").map(Number);
    if (first === undefined || second === undefined) return;
    const entry = entryAt(at);
    const group = menu()[first];
    if (!isDoc(group) || entry === undefined) return;
    const rest = { ...group, items: list(group, "/items").filter((_, place) => place !== second) };
    chosen = String(first + 1);
    put(menu().flatMap((one, place) => (place === first ? [rest, entry] : [one])));
  };
  const add = (entry: Doc) => {
    const [first] = (chosen ?? "").split(".").map(Number);
    const place = chosen === null || first === undefined || Number.isNaN(first) ? menu().length : first + 1;
    chosen = String(place);
    put([...menu().slice(0, place), entry, ...menu().slice(place)]);
  };

  const drawSide = () => {
    if (side.contains(document.activeElement)) return;
    const entry = chosen === null ? undefined : entryAt(chosen);
    if (isDoc(entry) && chosen !== null) {
      const at = pointerOf(chosen);
      const change = (key: string, value: Value | undefined) => store.change(set(store.doc, `${at}/${key}`, value), `${at} ${key}`, BY);
      const isGroup = entry["group"] !== undefined;
      side.replaceChildren(
        h("header", { class: "dz-props-h" }, h("span", { class: "tag c5" }, isGroup ? t("design.menu.group") : t("design.menu.entry")), h("h2", { class: "trunc" }, titled_(entry)), h("span", { class: "grow" }), h("button", { type: "button", class: "btn ghost sm", onclick: () => {
          chosen = null;
          if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
          draw();
        } }, t("design.kind.app"))),
        h(
          "div",
          { class: "dz-props-b" },
          isGroup ? labelled(t("design.menu.group_name"), line(text(entry, "/group"), (typed) => change("group", typed))) : labelled(t("design.kind.form"), selectLater(text(entry, "/form"), Promise.resolve(blankFirst(forms.map((form) => ({ value: form.name, title: form.title })))), (form) => change("form", form))),
          titled(entry, "title", isGroup ? t("design.o.title") : t("design.menu.other_title"), (next) => store.change(set(store.doc, at, withWords(object(store.doc, at), next, ["title", "labels"])), `${at} title`, BY)),
          labelled(t("design.o.icon"), iconPicker(text(entry, "/icon"), (name) => change("icon", name || undefined))),
        ),
      );
      return;
    }
    const change = (key: string, value: Value | undefined) => store.change(set(store.doc, `/${key}`, value), `app ${key}`, BY);
    const requires = Object.keys(object(store.doc, "/requires"));
    side.replaceChildren(
      h("header", { class: "dz-props-h" }, h("span", { class: "tag c1" }, t("design.kind.app")), h("h2", { class: "trunc" }, titleOf(store.doc))),
      h(
        "div",
        { class: "dz-props-b" },
        ...faultsOf(store),
        titled(store.doc, "title", t("design.o.title"), (next) => store.change(withWords(store.doc, next, ["title", "labels"]), "title", BY)),
        titled(store.doc, "description", t("design.o.description"), (next) => store.change(withWords(store.doc, next, ["description", "descriptions"]), "description", BY)),
        labelled(t("design.o.icon"), iconPicker(text(store.doc, "/icon"), (name) => change("icon", name || undefined))),
        labelled(t("design.menu.version"), line(text(store.doc, "/version"), (typed) => change("version", typed || undefined))),
        labelled(t("design.menu.requires"), several(requires, apps.filter((app) => app.name !== world.app).map((app) => ({ value: app.name, title: app.title })), (names) => change("requires", names.length > 0 ? Object.fromEntries(names.map((name) => [name, text(object(store.doc, "/requires"), `/${name}`) || ">=0"])) : undefined)), t("design.menu.requires_help")),
        labelled(t("design.menu.exposes"), several(texts(store.doc, "/exposes"), forms.filter((form) => form.app === world.app).map((form) => ({ value: form.name, title: form.title })), (names) => change("exposes", names.length > 0 ? names : undefined)), t("design.menu.exposes_help")),
      ),
    );
  };

  store.listen((news) => {
    if (news.what === "doc" && news.by !== BY) draw();
    else if (news.what !== "saving" && news.what !== "selection") drawSide();
  });
  draw();
  const inMenu = () => new Set(menu().flatMap((entry) => [text(entry, "/form"), ...list(entry, "/items").map((inner) => text(inner, "/form"))]));
  const addForm = h("button", { type: "button", class: "btn", onclick: () => add({ form: forms.find((form) => form.app === world.app && !inMenu().has(form.name))?.name ?? forms[0]?.name ?? "" }) }, icon("plus"), t("design.menu.add_form"));
  const addGroup = h("button", { type: "button", class: "btn", onclick: () => add({ group: "group", title: t("design.menu.group"), items: [] }) }, icon("folder"), t("design.menu.add_group"));
  return { element: h("div", { class: "dz-form is-two" }, h("div", { class: "dz-canvas" }, h("div", { class: "dz-canvas-h" }, h("h2", {}, t("design.menu.title")), h("span", { class: "grow" }), addGroup, addForm), h("div", { class: "card" }, body), h("p", { class: "mut t12 mt8" }, t("design.menu.keys"))), side) };
}
