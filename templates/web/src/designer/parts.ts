// Properties of what is no field: the form itself, sections, tabs, related lists, texts, the timeline.

import { h } from "../base/dom.ts";
import { t } from "../base/text.ts";
import { conditionBuilder } from "./condition.ts";
import { type Choice, area, figure, json, labelled, line, select, selectLater, several, titled, toggle, withWords } from "./controls.ts";
import { type Doc, type Value, get, object, set, text, texts } from "./document.ts";
import { allFields, fieldsOf } from "./fields.ts";
import { changeEntry, entryAt, kindOf, layoutOf } from "./layout.ts";
import { type Store, titleOf } from "./store.ts";
import type { World } from "./world.ts";

const BY = "properties";

/** Icons that forms, apps and menus may have; the build puts them into the sprite. */
export const ICONS = ["file-text", "users", "user", "building", "package", "truck", "ship", "receipt", "wallet", "calendar", "phone", "mail", "ticket", "wrench", "life-buoy", "clipboard-list", "box", "warehouse", "tag", "target", "star", "flag", "briefcase", "factory", "globe", "database", "book", "credit-card", "chart-bar", "settings"];

export function iconPicker(value: string, change: (value: string) => void): HTMLSelectElement {
  return select(value, [{ value: "", title: "—" }, ...ICONS.map((name) => ({ value: name, title: name }))], change);
}

export function entryProperties(store: Store, world: World, entry: Doc, at: number[]): HTMLElement[] {
  const now = () => entryAt(layoutOf(store.doc), at) ?? entry;
  const put = (next: Doc, key: string) => store.change(set(store.doc, "/layout", changeEntry(layoutOf(store.doc), at, next)), `entry ${at.join(".")} ${key}`, BY);
  const change = (pointer: string, value: Value | undefined) => put(set(now(), pointer, value), pointer);
  const kind = kindOf(entry);
  const shown: HTMLElement[] = [];
  if (kind !== "text") shown.push(titled(entry, "title", t("design.o.title"), (next) => put(withWords(now(), next, ["title", "labels"]), "title")));
  if (kind === "section") {
    const columns = select(String(entry["columns"] ?? 2), ["1", "2", "3"].map((count) => ({ value: count, title: t("design.columns", { count: Number(count) }) })), (count) => {
      change("/columns", Number(count));
      store.find([...store.faults]);
    });
    shown.push(labelled(t("design.o.columns"), columns));
  }
  if (kind === "related") {
    const related = object(entry, "/related");
    const via = select(text(related, "/via"), [{ value: text(related, "/via"), title: text(related, "/via") || "—" }], (name) => change("/related/via", name));
    const fill = (form: string) =>
      void world.fields(form).then((fields) => {
        const links = fields.filter((field) => (field.type === "link" || field.type === "links") && text(field.property, "/field/form") === text(store.doc, "/name"));
        const chosen = text(object(now(), "/related"), "/via");
        const choices: Choice[] = [{ value: "", title: "—" }, ...links.map((field) => ({ value: field.name, title: titleOf(field.property, field.name) }))];
        via.replaceChildren(...choices.map((choice) => h("option", { value: choice.value }, choice.title)));
        if (chosen && !links.some((field) => field.name === chosen)) via.append(h("option", { value: chosen }, chosen));
        via.value = chosen || (links[0]?.name ?? "");
        if (via.value !== chosen) change("/related/via", via.value);
      });
    shown.push(
      labelled(
        t("design.o.form"),
        selectLater(text(related, "/form"), world.forms().then((forms) => [{ value: "", title: "—" }, ...forms.map((form) => ({ value: form.name, title: form.title }))]), (form) => {
          change("/related/form", form);
          fill(form);
        }),
      ),
      labelled(t("design.o.via"), via, t("design.h.via_related")),
      labelled(t("design.o.view"), line(text(related, "/view"), (view) => change("/related/view", view || undefined))),
    );
    if (text(related, "/form")) fill(text(related, "/form"));
  }
  if (kind === "timeline") shown.push(labelled(t("design.o.timeline"), several(texts(entry, "/timeline"), ["history", "comments", "flow"].map((name) => ({ value: name, title: t(`design.timeline.${name}`) })), (names) => change("/timeline", names))));
  if (kind === "text") shown.push(labelled(t("design.o.text"), area(text(entry, "/text"), (typed) => change("/text", typed), 5)));
  shown.push(h("div", { class: "f" }, h("span", { class: "lab" }, t("design.o.when")), conditionBuilder(get(entry, "/when"), fieldsOf(store.doc), (value) => change("/when", value)), h("span", { class: "help" }, t("design.h.when"))));
  return shown;
}

export function formProperties(store: Store): HTMLElement[] {
  const { doc } = store;
  const change = (pointer: string, value: Value | undefined) => store.change(set(store.doc, pointer, value), `form ${pointer}`, BY);
  const fields = fieldsOf(doc);
  const choices = (types: string[] | null): Choice[] => [{ value: "", title: "—" }, ...fields.filter((field) => !types || types.includes(field.type)).map((field) => ({ value: field.name, title: titleOf(field.property, field.name) }))];
  const words = allFields(doc).filter((field) => ["text", "long_text", "serial", "scan", "choice", "status"].includes(field.type)).map((field) => ({ value: field.path, title: field.table ? `${titleOf(fields.find((other) => other.name === field.table)?.property, field.table)} · ${titleOf(field.property, field.name)}` : titleOf(field.property, field.name) }));
  const all: Choice[] = fields.filter((field) => field.type !== "table").map((field) => ({ value: field.name, title: titleOf(field.property, field.name) }));
  const said = (keys: string[]) => (next: Doc) => store.change(withWords(store.doc, next, keys), `form ${keys[0]}`, BY);
  return [
    titled(doc, "title", t("design.o.title"), said(["title", "labels"])),
    titled(doc, "description", t("design.o.description"), said(["description", "descriptions"])),
    labelled(t("design.o.icon"), iconPicker(text(doc, "/icon"), (name) => change("/icon", name || undefined))),
    labelled(t("design.o.title_field"), select(text(doc, "/title_field"), choices(["text", "serial", "choice", "link", "formula", "scan"]), (name) => change("/title_field", name || undefined)), t("design.h.title_field")),
    labelled(t("design.o.record_owner"), select(text(doc, "/record_owner"), choices(["user"]), (name) => change("/record_owner", name || undefined)), t("design.h.record_owner")),
    labelled(t("design.o.search"), several(texts(doc, "/search"), words, (names) => change("/search", names.length > 0 ? names : undefined)), t("design.h.search")),
    labelled(t("design.o.facts"), several(texts(doc, "/facts"), all, (names) => change("/facts", names.length > 0 ? names : undefined)), t("design.h.facts")),
    labelled(t("design.o.unique"), json(get(doc, "/unique"), (value) => change("/unique", value)), t("design.h.unique_form")),
    labelled(t("design.o.recycle_bin"), figure(get(doc, "/recycle_bin"), true, (days) => change("/recycle_bin", days))),
    toggle(t("design.o.comments"), get(doc, "/comments") !== false, (on) => change("/comments", on ? undefined : false)),
    toggle(t("design.o.history"), get(doc, "/history") !== false, (on) => change("/history", on ? undefined : false)),
    h("div", { class: "f" }, h("span", { class: "lab" }, t("design.o.lock")), conditionBuilder(get(doc, "/lock"), fields, (value) => change("/lock", value)), h("span", { class: "help" }, t("design.h.lock"))),
  ];
}
