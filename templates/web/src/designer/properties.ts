// The right side: what is selected, with its options. Fields draw theirs from the table of types.

import { find, h, icon, url } from "../base/dom.ts";
import { t } from "../base/text.ts";
import { conditionBuilder } from "./condition.ts";
import { choicesOf, transitionsOf } from "./choices.ts";
import type { Commands } from "./commands.ts";
import { type Choice, area, figure, json, labelled, line, rows, select, selectLater, several, titled, toggle, withWords, words } from "./controls.ts";
import { type Doc, type Value, get, isDoc, list, object, set, text, texts } from "./document.ts";
import { entryProperties, formProperties } from "./parts.ts";
import { type Field, allFields, fieldAt, fieldsOf, pointerOf, setRequired } from "./fields.ts";
import { entryAt, kindOf, layoutOf, placeOf, setSpan, spanOf } from "./layout.ts";
import { type Store, titleOf } from "./store.ts";
import { COMMON, type Option, TYPES, convert, read, typeNamed, write } from "./types.ts";
import { drawUsage } from "./usage.ts";
import type { World } from "./world.ts";
import { sign } from "./canvas.ts";

type Tab = "field" | "rules" | "usage";

export class Properties {
  readonly element = h("aside", { class: "dz-side dz-props", "aria-label": t("design.properties") });
  private tab: Tab = "field";
  private drawn = "";

  constructor(
    private readonly store: Store,
    private readonly commands: Commands,
    private readonly world: World,
    private readonly offered: string[],
  ) {
    store.listen((news) => {
      if (news.what === "selection" && this.shows() === this.drawn) return;
      if (news.what === "saving" || (news.what === "doc" && news.by === "properties")) return;
      if (news.what === "faults" && this.element.contains(document.activeElement)) {
        this.markFaults();
        return;
      }
      this.draw();
    });
    this.draw();
  }

  private shows(): string {
    const { selection } = this.store;
    return selection.on === "field" ? `field ${selection.path}` : selection.on === "entry" ? `entry ${selection.at.join(".")}` : "form";
  }

  focus(): void {
    this.tab = "field";
    this.draw();
    const first = find<HTMLInputElement>(".dz-props-b input:not([type=checkbox]), .dz-props-b select, .dz-props-b textarea", this.element);
    first?.focus();
    if (first instanceof HTMLInputElement) first.select();
  }

  private draw(): void {
    this.drawn = this.shows();
    const { selection, doc } = this.store;
    const field = selection.on === "field" ? fieldAt(doc, selection.path) : null;
    const entry = selection.on === "entry" ? entryAt(layoutOf(doc), selection.at) : undefined;
    if (field) this.element.replaceChildren(...this.field(field));
    else if (entry && selection.on === "entry") this.element.replaceChildren(...this.entry(entry, selection.at));
    else this.element.replaceChildren(...this.form());
  }

  private head(kind: HTMLElement, title: string, buttons: HTMLElement[]): HTMLElement {
    return h("header", { class: "dz-props-h" }, kind, h("h2", { class: "trunc" }, title), h("span", { class: "grow" }), ...buttons);
  }

  private field(field: Field): HTMLElement[] {
    const type = typeNamed(field.type);
    const { commands } = this;
    const tool = (icon: SVGElement, label: string, run: () => void) => h("button", { type: "button", class: "btn ghost icon sm", "aria-label": label, title: label, onclick: run }, icon);
    const head = this.head(h("span", { class: "tag c5" }, sign(type.icon), t(`design.type.${type.name}`)), titleOf(field.property, field.name), [tool(icon("clipboard-copy", "s"), t("design.copy_field"), () => commands.copy()), tool(icon("trash-2", "s"), t("design.remove"), () => commands.remove())]);
    const rules = [...type.options.filter((option) => option.rule)];
    const tabs = h(
      "nav",
      { class: "tabs", "aria-label": t("design.properties") },
      ...(["field", "rules", "usage"] as Tab[]).map((name) => {
        const button = h("button", { type: "button", "aria-current": this.tab === name ? "true" : null, onclick: () => this.open(name) }, t(`design.tab.${name}`));
        if (name === "rules") {
          const set = rules.filter((option) => read(option, field.property) !== undefined && read(option, field.property) !== "").length + Number(field.required);
          if (set > 0) button.append(h("span", { class: "n num" }, String(set)));
        }
        return button;
      }),
    );
    const body = h("div", { class: "dz-props-b" });
    if (this.tab === "usage") void drawUsage(body, this.world, this.store, field.path);
    else if (this.tab === "rules") body.append(...this.rules(field, rules));
    else body.append(...this.options(field));
    return [head, tabs, body];
  }

  private open(tab: Tab): void {
    this.tab = tab;
    this.draw();
    find(`.tabs [aria-current]`, this.element)?.focus();
  }

  private faultsAt(at: string, exact = false): string[] {
    return this.store.faults.filter((fault) => fault.at === at || (!exact && fault.at.startsWith(`${at}/`))).map((fault) => fault.message);
  }

  /** New faults while somebody types here: said at the head, the controls stay. */
  private markFaults(): void {
    const { selection } = this.store;
    const place = selection.on === "field" ? pointerOf(selection.path) : null;
    const messages = place === null ? [] : this.faultsAt(place);
    find(".dz-now", this.element)?.remove();
    if (messages.length > 0) find(".dz-props-b", this.element)?.prepend(h("div", { class: "note bad dz-now" }, icon("circle-alert"), h("span", {}, messages.join(" "))));
  }

  private put(path: string, property: Doc, key: string): void {
    this.commands.place(path, property, `${path} ${key}`, "properties");
  }

  private options(field: Field): HTMLElement[] {
    const { store, commands } = this;
    const { path } = field;
    const at = pointerOf(path);
    const now = () => fieldAt(store.doc, path)?.property ?? field.property;
    const own = this.faultsAt(at, true);
    const title = titled(field.property, "title", t("design.o.title"), (next) => this.put(path, withWords(now(), next, ["title", "labels"]), "title"));
    find("input", title)?.addEventListener("change", () => void commands.nameAfterTitle(path));
    const published = store.published !== null && get(store.published, at) !== undefined;
    const name = h("input", { class: "in mono", type: "text", autocomplete: "off", spellcheck: "false", maxlength: 48 });
    name.value = field.name;
    name.addEventListener("change", () => {
      const wanted = name.value.trim();
      const taken = allFields(store.doc).some((other) => other.table === field.table && other.name === wanted && other.path !== path);
      if (/^[a-z][a-z0-9_]{0,47}$/.test(wanted) && !taken) commands.rename(path, wanted);
      else name.classList.add("bad");
    });
    const types = TYPES.filter((type) => this.offered.includes(type.name) && (field.table === null || type.nested));
    const type = select(field.type, types.map((one) => ({ value: one.name, title: t(`design.type.${one.name}`) })), (to) => {
      commands.place(path, convert(now(), to, (key) => t(key)), null, null);
    });
    const shown: HTMLElement[] = [];
    if (own.length > 0) shown.push(h("div", { class: "note bad" }, icon("circle-alert"), h("span", {}, own.join(" "))));
    shown.push(title, labelled(t("design.o.name"), name, published ? t("design.h.name_published") : t("design.h.name")), labelled(t("design.o.type"), type, published ? t("design.h.type_published") : null));
    for (const option of typeNamed(field.type).options.filter((option) => !option.rule)) {
      const control = this.option(option, field, now);
      if (control) shown.push(control);
    }
    shown.push(...COMMON.filter((option) => field.type !== "formula" || option.key === "description").flatMap((option) => this.option(option, field, now) ?? []));
    if (field.type === "text" || field.type === "long_text") shown.push(toggle(t("design.o.encrypted"), get(field.property, "/field/encrypted") === true, (on) => this.put(path, write({ key: "encrypted", at: "/field/encrypted", as: "switch" }, now(), on), "encrypted"), t("design.h.encrypted")));
    if (field.table === null) {
      const layout = layoutOf(store.doc);
      const place = placeOf(layout, field.name);
      const item = place ? list(entryAt(layout, place.at), "/fields")[place.index] : undefined;
      if (place) shown.push(toggle(t("design.o.span"), spanOf(item ?? "") > 1, (on) => store.change(set(store.doc, "/layout", setSpan(layoutOf(store.doc), field.name, on ? 2 : 1)), null, "properties")));
      else shown.push(h("button", { type: "button", class: "btn sm", onclick: () => commands.show(field.name) }, t("design.show_field")));
    }
    shown.push(h("button", { type: "button", class: "btn ghost sm dz-json-link", "data-json": at }, icon("braces", "s"), t("design.show_json")));
    return shown;
  }

  private rules(field: Field, rules: Option[]): HTMLElement[] {
    const { store } = this;
    const now = () => fieldAt(store.doc, field.path)?.property ?? field.property;
    const required = toggle(t("design.o.required"), field.required, (on) => store.change(setRequired(store.doc, field.path, on), null, "properties"), t("design.h.required"));
    return [...(field.type === "formula" ? [] : [required]), ...rules.flatMap((option) => this.option(option, field, now) ?? [])];
  }

  /** The control of an option, with the faults of its place. */
  private option(option: Option, field: Field, now: () => Doc): HTMLElement | null {
    const label = t(`design.o.${option.key}`);
    const help = option.help ? t(`design.h.${option.key}`) : null;
    const value = read(option, field.property);
    const faults = this.faultsAt(pointerOf(field.path) + option.at);
    const change = (next: Value | undefined) => this.put(field.path, write(option, now(), next), option.key);
    const plain = (control: HTMLElement) => labelled(label, control, help, faults);
    const shared = text(field.property, "/field/options");
    switch (option.as) {
      case "switch":
        return toggle(label, value === true, change, help);
      case "text":
        return plain(line(typeof value === "string" ? value : "", change));
      case "area":
        return titled(field.property, "description", label, (next) => this.put(field.path, withWords(now(), next, ["description", "descriptions"]), option.key));
      case "integer":
      case "number":
        return plain(figure(value, option.as === "integer", change));
      case "select":
        return plain(select(typeof value === "string" ? value : (option.values?.[0] ?? ""), (option.values ?? []).map((one) => ({ value: one, title: t(`design.v.${one || "none"}`) })), change));
      case "words":
        return plain(words(texts(value), (next) => change(next.length > 0 ? next : undefined)));
      case "form":
        return plain(selectLater(typeof value === "string" ? value : "", this.world.forms().then((forms) => blankFirst(forms.map((form) => ({ value: form.name, title: form.title })))), change));
      case "options":
        return plain(selectLater(shared, this.world.of("options").then((all) => blankFirst(all.map((one) => ({ value: one.name, title: one.title })), t("design.own_choices"))), (next) => this.share(field, now(), next)));
      case "field":
        return plain(select(typeof value === "string" ? value : "", blankFirst(fieldsOf(this.store.doc).filter((other) => !option.types || option.types.includes(other.type)).map((other) => ({ value: other.name, title: titleOf(other.property, other.name) }))), change));
      case "choices":
        return shared ? null : h("div", { class: "f" }, h("span", { class: "lab" }, label), choicesOf(list(value), change, this.faultsAt(pointerOf(field.path) + option.at)));
      case "transitions":
        return h("div", { class: "f" }, h("span", { class: "lab" }, label), transitionsOf(list(field.property, "/oneOf"), value, change), help ? h("span", { class: "help" }, help) : null);
      case "condition":
        return this.condition(label, help, field, value, change);
      case "copy":
        return this.copied(label, help, field, value, change);
      case "roles": {
        const place = h("div", { class: "f" }, h("span", { class: "lab" }, label));
        void this.world.of("role").then((roles) => place.append(several(texts(value, "/roles"), roles.map((role) => ({ value: role.name, title: role.title })), (names) => change(names.length > 0 ? { ...object(value), roles: names } : undefined)), h("span", { class: "help" }, help ?? "")));
        return place;
      }
      case "json":
        return plain(json(value, change));
      case "expression":
        return this.expression(label, help, typeof value === "string" ? value : "", change, faults);
      case "default":
        return this.initial(field, value, change, faults);
    }
  }

  /** Which records of the other form are offered. */
  private condition(label: string, help: string | null, field: Field, value: Value | undefined, change: (next: Value | undefined) => void): HTMLElement {
    const place = h("div", {});
    const form = text(field.property, "/field/form");
    void this.world.fields(form).then((fields) => place.replaceChildren(conditionBuilder(value, fields, change)));
    return h("div", { class: "f" }, h("span", { class: "lab" }, label), place, h("span", { class: "help" }, help ?? ""));
  }

  /** Which fields are filled from the record that is picked. */
  private copied(label: string, help: string | null, field: Field, value: Value | undefined, change: (next: Value | undefined) => void): HTMLElement {
    const place = h("div", {});
    const own = fieldsOf(this.store.doc).filter((other) => other.name !== field.name && other.type !== "table").map((other) => ({ value: other.name, title: titleOf(other.property, other.name) }));
    void this.world.fields(text(field.property, "/field/form")).then((fields) => {
      const theirs = fields.filter((other) => other.type !== "table").map((other) => ({ value: other.name, title: titleOf(other.property, other.name) }));
      const pairs = Object.entries(object(value)).filter((pair): pair is [string, string] => typeof pair[1] === "string");
      place.replaceChildren(
        rows<[string, string]>(
          pairs,
          ([mine, their], put) => {
            let pair: [string, string] = [mine, their];
            const send = (next: [string, string]) => {
              pair = next;
              put(next);
            };
            const to = select(mine, own, (name) => send([name, pair[1]]));
            const from = select(their, theirs, (name) => send([pair[0], name]));
            to.setAttribute("aria-label", t("design.copy_to"));
            from.setAttribute("aria-label", t("design.copy_from"));
            for (const input of [to, from]) input.classList.add("sm");
            return h("div", { class: "dz-halves" }, to, from);
          },
          () => [own[0]?.value ?? "", theirs[0]?.value ?? ""],
          (items) => change(items.length > 0 ? Object.fromEntries(items) : undefined),
          t("design.add_copy"),
        ),
      );
    });
    return h("div", { class: "f" }, h("span", { class: "lab" }, label), place, h("span", { class: "help" }, help ?? ""));
  }

  /** A shared list takes the place of the field's own choices, and the other way round. */
  private share(field: Field, property: Doc, name: string): void {
    const choices = typeNamed(field.type).options.find((option) => option.as === "choices");
    let next = set(property, "/field/options", name || undefined);
    if (choices && name) next = set(next, choices.at, undefined);
    else if (choices && list(next, choices.at).length === 0) next = set(next, choices.at, list(typeNamed(field.type).make((key) => t(key)), choices.at));
    this.commands.place(field.path, next, null, null);
  }

  private expression(label: string, help: string | null, value: string, change: (next: Value) => void, faults: string[]): HTMLElement {
    const input = area(value, change, 4, true);
    const insert = select("", [{ value: "", title: t("design.insert_field") }, ...allFields(this.store.doc).map((field) => ({ value: field.path, title: `${field.table ? "· " : ""}${titleOf(field.property, field.name)}` }))], (path) => {
      input.setRangeText(path, input.selectionStart, input.selectionEnd, "end");
      change(input.value);
      insert.value = "";
      input.focus();
    });
    insert.classList.add("sm");
    insert.setAttribute("aria-label", t("design.insert_field"));
    const box = labelled(label, input, help, faults);
    box.append(insert);
    return box;
  }

  /** What a new record begins with: nothing, a value, or what is known when it is made. */
  private initial(field: Field, value: Value | undefined, change: (next: Value | undefined) => void, faults: string[]): HTMLElement | null {
    const variables: Record<string, string[]> = { user: ["me"], users: ["me"], department: ["me.department"], departments: ["me.department"], date: ["today"], datetime: ["now"] };
    const label = t("design.o.default");
    if (["table", "files", "signature", "serial", "link", "links", "json", "location", "lookup", "rollup"].includes(field.type)) return null;
    if (field.type === "boolean") return labelled(label, select(value === undefined ? "" : String(value), blankFirst([{ value: "true", title: t("yes") }, { value: "false", title: t("no") }]), (next) => change(next === "" ? undefined : next === "true")), null, faults);
    const choices = field.type === "choice" || field.type === "status" ? list(field.property, "/oneOf") : [];
    if (choices.length > 0) return labelled(label, select(typeof value === "string" ? value : "", blankFirst(choices.map((choice) => ({ value: text(choice, "/const"), title: titleOf(object(choice), text(choice, "/const")) }))), change), null, faults);
    const known = variables[field.type];
    if (known) return labelled(label, select(isDoc(value) ? text(value, "/var") : "", blankFirst(known.map((one) => ({ value: one, title: t(`design.var.${one}`) }))), (next) => change(next ? { var: next } : undefined)), null, faults);
    if (["integer", "number", "percent", "money"].includes(field.type)) return labelled(label, figure(value, field.type === "integer", change), null, faults);
    if (["choices", "tags"].includes(field.type)) return labelled(label, words(texts(value), (next) => change(next.length > 0 ? next : undefined)), null, faults);
    return labelled(label, line(typeof value === "string" ? value : "", change), null, faults);
  }

  private entry(entry: Doc, at: number[]): HTMLElement[] {
    const kind = kindOf(entry);
    const remove = h("button", { type: "button", class: "btn ghost icon sm", "aria-label": t("design.remove"), title: t("design.remove"), onclick: () => this.commands.remove() }, icon("trash-2", "s"));
    return [this.head(h("span", { class: "tag c1" }, t(`design.part.${kind}`)), titleOf(entry, text(entry, `/${kind}`)), [remove]), h("div", { class: "dz-props-b" }, ...entryProperties(this.store, this.world, entry, at))];
  }

  private form(): HTMLElement[] {
    const { doc } = this.store;
    const open = h("a", { class: "btn ghost icon sm", href: url(`/forms/${text(doc, "/name")}`), "aria-label": t("design.open_form"), title: t("design.open_form") }, icon("external-link", "s"));
    const own = this.store.faults.filter((fault) => !fault.at.startsWith("/record/properties/"));
    return [this.head(h("span", { class: "tag c1" }, t("design.form")), titleOf(doc), this.store.published ? [open] : []), h("div", { class: "dz-props-b" }, ...(own.length > 0 ? [h("div", { class: "note bad" }, icon("circle-alert"), h("div", {}, ...own.map((fault) => h("p", {}, h("code", {}, fault.at), " ", fault.message))))] : []), ...formProperties(this.store))];
  }
}

export function blankFirst(choices: Choice[], none = "—"): Choice[] {
  return [{ value: "", title: none }, ...choices];
}
