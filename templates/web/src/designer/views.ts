// The editor of a form's views: what kind, which columns in which order, which records, how sorted and grouped, for whom.

import { h, icon } from "../base/dom.ts";
import { t } from "../base/text.ts";
import { conditionBuilder } from "./condition.ts";
import { type Choice, labelled, line, rows, select, several, titled, toggle, withWords } from "./controls.ts";
import { type Doc, type Value, get, isDoc, list, set, text, texts } from "./document.ts";
import { allFields, fieldsOf } from "./fields.ts";
import { blankFirst } from "./properties.ts";
import { type Store, titleOf } from "./store.ts";
import { type World, proposeName } from "./world.ts";

const TYPES = ["table", "kanban", "calendar", "cards"];
const BY = "views";

export function drawViews(store: Store, world: World): { element: HTMLElement; draw: () => void } {
  const element = h("div", { class: "dz-views", hidden: true });
  let chosen = 0;
  const views = () => list(store.doc, "/views").filter(isDoc);
  const put = (next: Doc[], key: string | null = null, by: string | null = null) => store.change(set(store.doc, "/views", next.length > 0 ? next : undefined), key, by);
  const now = () => views()[chosen] ?? {};
  const change = (at: string, value: Value | undefined) => put(views().map((view, index) => (index === chosen ? set(view, at, value) : view)), `view ${chosen} ${at}`, BY);

  const add = (from?: Doc) => {
    const names = views().map((view) => text(view, "/name"));
    let name = from ? `${text(from, "/name")}_2` : "view";
    for (let number = 2; names.includes(name); number += 1) name = `view_${number}`;
    const made: Doc = from ? { ...from, name, title: t("design.copy_of", { title: titleOf(from) }), default: false } : { name, title: t("design.view.new"), type: "table", fields: fieldsOf(store.doc).filter((field) => field.type !== "table" && field.type !== "json").slice(0, 6).map((field) => field.name), sort: ["-updated_at"] };
    const { default: _, ...plain } = made;
    chosen = views().length;
    put([...views(), from ? plain : made]);
  };

  const tabs = (): HTMLElement =>
    h(
      "div",
      { class: "dz-view-l" },
      h("ul", { class: "nav", "aria-label": t("design.step.views") }, ...views().map((view, index) => h("li", {}, h("button", { type: "button", "aria-current": index === chosen ? "true" : null, onclick: () => {
        chosen = index;
        draw();
      } }, icon("table-2", "s"), h("span", { class: "trunc" }, titleOf(view, text(view, "/name"))), get(view, "/default") === true && h("span", { class: "tag c1" }, t("design.view.default")))))),
      h("button", { type: "button", class: "btn sm", onclick: () => add() }, icon("plus", "s"), t("design.view.add")),
    );

  const draw = () => {
    if (element.hidden) return;
    chosen = Math.min(chosen, Math.max(views().length - 1, 0));
    const view = views()[chosen];
    if (!view) {
      element.replaceChildren(h("div", { class: "empty" }, h("h2", {}, t("design.view.none")), h("p", {}, t("design.view.none_text")), h("button", { type: "button", class: "btn pri", onclick: () => add() }, icon("plus"), t("design.view.add"))));
      return;
    }
    element.replaceChildren(tabs(), editor(view));
  };

  const editor = (view: Doc): HTMLElement => {
    const fields = allFields(store.doc);
    const own = fields.filter((field) => field.table === null && field.type !== "table" && field.type !== "json");
    const system: Choice[] = ["created_at", "created_by", "updated_at", "updated_by"].map((name) => ({ value: name, title: t(`design.system.${name}`) }));
    const columns: Choice[] = [...own.map((field) => ({ value: field.name, title: titleOf(field.property, field.name) })), ...system];
    const of = (types: string[]): Choice[] => blankFirst([...own.filter((field) => types.includes(field.type)).map((field) => ({ value: field.name, title: titleOf(field.property, field.name) })), ...(types.includes("date") ? system.filter((one) => one.value.endsWith("_at")) : [])]);
    const path = (item: Value) => (typeof item === "string" ? item : text(item, "/field"));
    const type = text(view, "/type") || "table";
    const choiceOf = (value: string, put_: (next: string) => void) => {
      const input = select(value, columns, put_);
      input.setAttribute("aria-label", t("filter.field"));
      return input;
    };
    const off = list(view, "/off").filter(isDoc);
    const mark = h("div", { class: "note warn" }, icon("triangle-alert"), h("div", {}, h("span", {}, t("design.view.off")), h("ul", { class: "errlist" }, ...off.map((one) => {
      const term = get(one, "/term");
      const said = typeof term === "string" ? term : isDoc(term) ? `${text(term, "/field") || text(term, "/related")} ${text(term, "/op")}` : "";
      return h("li", { class: "mono" }, `${text(one, "/at")}: ${said}`);
    }))));
    const parts: HTMLElement[] = [
      ...(off.length > 0 ? [mark] : []),
      titled(view, "title", t("design.o.title"), (next) => put(views().map((one, index) => (index === chosen ? withWords(one, next, ["title", "labels"]) : one)), `view ${chosen} title`, BY)),
      labelled(t("design.view.type"), select(type, TYPES.map((name) => ({ value: name, title: t(`design.view.type.${name}`) })), (to) => {
        put(views().map((one, index) => (index === chosen ? { ...one, type: to } : one)));
      })),
      h("div", { class: "f" }, h("span", { class: "lab" }, t("design.view.columns")), rows<Value>(list(view, "/fields"), (item, put_) => choiceOf(path(item), (to) => put_(isDoc(item) ? { ...item, field: to } : to)), () => columns.find((one) => !list(now(), "/fields").some((item) => path(item) === one.value))?.value ?? "", (items) => change("/fields", items), t("design.view.add_column"))),
      h("div", { class: "f" }, h("span", { class: "lab" }, t("design.view.filter")), conditionBuilder(get(view, "/filter"), fieldsOf(store.doc), (next) => change("/filter", next))),
      h("div", { class: "f" }, h("span", { class: "lab" }, t("design.view.sort")), rows<string>(texts(view, "/sort"), (item, put_) => {
        let down = item.startsWith("-");
        let name = item.replace(/^-/, "");
        const send = () => put_(`${down ? "-" : ""}${name}`);
        const field = choiceOf(name, (to) => {
          name = to;
          send();
        });
        const way = select(down ? "down" : "up", ["up", "down"].map((one) => ({ value: one, title: t(`design.view.sort.${one}`) })), (to) => {
          down = to === "down";
          send();
        });
        way.setAttribute("aria-label", t("design.view.sort"));
        return h("div", { class: "dz-pair" }, field, way);
      }, () => columns[0]?.value ?? "", (items) => change("/sort", items.length > 0 ? items : undefined), t("design.view.add_sort"))),
    ];
    if (type === "kanban" || type === "table") parts.push(labelled(t("design.view.group"), select(text(view, "/group"), of(["choice", "status", "user", "boolean"]), (to) => change("/group", to || undefined)), type === "kanban" ? t("design.view.group_help") : null));
    if (type === "calendar") parts.push(labelled(t("design.view.start"), select(text(view, "/start"), of(["date", "datetime"]), (to) => change("/start", to || undefined))), labelled(t("design.view.end"), select(text(view, "/end"), of(["date", "datetime"]), (to) => change("/end", to || undefined))));
    if (type === "cards") parts.push(labelled(t("design.view.image"), select(text(view, "/image"), of(["files"]), (to) => change("/image", to || undefined))));
    parts.push(
      labelled(t("design.view.color"), select(text(view, "/color"), of(["choice", "status"]), (to) => change("/color", to || undefined))),
      labelled(t("design.view.sum"), several(texts(view, "/sum"), own.filter((field) => ["integer", "number", "money", "percent", "formula"].includes(field.type)).map((field) => ({ value: field.name, title: titleOf(field.property, field.name) })), (next) => change("/sum", next.length > 0 ? next : undefined))),
    );
    const whom = h("div", {});
    void world.of("role").then((roles) => whom.replaceChildren(labelled(t("design.view.roles"), several(texts(view, "/roles"), roles.map((role) => ({ value: role.name, title: role.title })), (next) => change("/roles", next.length > 0 ? next : undefined)), t("design.view.roles_help"))));
    const name = line(text(view, "/name"), () => {}, { class: "in mono" });
    name.addEventListener("change", () => {
      const wanted = name.value.trim();
      if (/^[a-z][a-z0-9_]{0,47}$/.test(wanted) && !views().some((other, index) => index !== chosen && text(other, "/name") === wanted)) change("/name", wanted);
      else name.classList.add("bad");
    });
    parts.push(whom, toggle(t("design.view.default"), get(view, "/default") === true, (on) => put(views().map((one, index) => set(one, "/default", index === chosen && on ? true : undefined)), null, BY)), labelled(t("design.o.name"), name, t("design.h.name")));
    const head = h("div", { class: "dz-canvas-h" }, h("h2", {}, titleOf(view, text(view, "/name"))), h("span", { class: "grow" }), h("button", { type: "button", class: "btn sm", onclick: () => shift(-1), disabled: chosen === 0 }, icon("arrow-up", "s"), t("design.move_up")), h("button", { type: "button", class: "btn sm", onclick: () => add(view) }, icon("copy", "s"), t("design.copy")), h("button", { type: "button", class: "btn sm bad", onclick: () => {
      put(views().filter((_, index) => index !== chosen));
    } }, icon("trash-2", "s"), t("design.remove")));
    parts[off.length > 0 ? 1 : 0]?.querySelector("input")?.addEventListener("change", async () => {
      if (!/^view(_\d+)?$/.test(text(now(), "/name"))) return;
      const proposed = await proposeName(text(now(), "/title"), views().map((one) => text(one, "/name")), "view");
      change("/name", proposed);
      name.value = proposed;
    });
    return h("div", { class: "dz-canvas" }, head, h("div", { class: "card card-b dz-view-f" }, ...parts));
  };

  const shift = (step: number) => {
    const all = views();
    const moved = all[chosen];
    const to = chosen + step;
    if (!moved || to < 0 || to >= all.length) return;
    const rest = all.filter((_, index) => index !== chosen);
    chosen = to;
    put([...rest.slice(0, to), moved, ...rest.slice(to)]);
  };

  store.listen((news) => {
    if (news.what === "doc" && news.by !== BY) draw();
  });
  return { element, draw };
}
