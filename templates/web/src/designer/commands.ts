// What can be done to a form, from wherever it is asked: canvas, tree, palette, keys. Each is one step of the history.

import { announce } from "../base/dom.ts";
import { t } from "../base/text.ts";
import { done } from "../base/toast.ts";
import { type Doc, get, isDoc, list, set, text } from "./document.ts";
import { addField, allFields, fieldAt, freeField, moveColumn, placeField, pointerOf, removeField, renameField, split } from "./fields.ts";
import { type Place, addEntry, entryAt, freeName, kindOf, layoutOf, moveEntry, placeOf, putField, removeEntry, stepOf } from "./layout.ts";
import { type Store, titleOf } from "./store.ts";
import { typeNamed } from "./types.ts";
import { proposeName } from "./world.ts";

const CLIPBOARD = "fw-design-field";

interface Copied {
  name: string;
  property: Doc;
}

export class Commands {
  /** Runs when the properties of what is selected are to be edited. */
  edit: () => void = () => {};
  /** Runs when the canvas is to have the focus. */
  toCanvas: () => void = () => {};

  constructor(private readonly store: Store) {}

  /** Where something new goes: behind what is selected. */
  private behind(): { place: Place | null; table: string | null } {
    const { selection, doc } = this.store;
    const layout = layoutOf(doc);
    if (selection.on === "field") {
      const { table, name } = split(selection.path);
      if (table !== null) return { place: null, table };
      const place = placeOf(layout, name);
      return { place: place && { at: place.at, index: place.index + 1 }, table: null };
    }
    if (selection.on === "entry") {
      const entry = entryAt(layout, selection.at);
      if (entry && kindOf(entry) === "section") return { place: { at: selection.at, index: list(entry, "/fields").length }, table: null };
    }
    return { place: null, table: null };
  }

  /** A new field of a type behind the selection, in the child table when one of its fields is selected. */
  add(type: string): void {
    const { place, table } = this.behind();
    if (table !== null && typeNamed(type).nested) this.addColumn(type, table, null);
    else this.addAt(type, table !== null ? this.behindTable(table) : place);
  }

  private behindTable(table: string): Place | null {
    const place = placeOf(layoutOf(this.store.doc), table);
    return place && { at: place.at, index: place.index + 1 };
  }

  private addAt(type: string, place: Place | null): void {
    const { doc } = this.store;
    const title = t(`design.type.${type}`);
    const name = freeField(doc, null, type);
    this.store.change(addField(doc, name, { title, ...typeNamed(type).make((key) => t(key)) }, place));
    this.store.select({ on: "field", path: name });
    announce(t("design.added", { title }));
  }

  private addColumn(type: string, table: string, before: string | null): void {
    const { doc } = this.store;
    const title = t(`design.type.${type}`);
    const path = `${table}.${freeField(doc, table, type)}`;
    this.store.change(addField(doc, path, { title, ...typeNamed(type).make((key) => t(key)) }, null, before));
    this.store.select({ on: "field", path });
    announce(t("design.added", { title }));
  }

  addPart(kind: string, after: number[] | null = null): void {
    const { doc, selection } = this.store;
    const layout = layoutOf(doc);
    const made = newPart(kind, layout);
    const place = after ?? (selection.on === "entry" ? selection.at : selection.on === "field" ? (placeOf(layout, split(selection.path).table ?? selection.path)?.at ?? null) : null);
    const added = addEntry(layout, made, place);
    this.store.change(set(doc, "/layout", added.layout));
    this.store.select({ on: "entry", at: added.at });
    announce(t("design.added", { title: t(`design.part.${kind}`) }));
  }

  dropField(kind: string, name: string, place: Place): void {
    if (kind === "type") this.addAt(name, place);
    else if (kind === "field") {
      this.store.change(placeField(this.store.doc, name, place));
      this.store.select({ on: "field", path: name });
    }
    this.toCanvas();
  }

  dropColumn(kind: string, name: string, table: string, before: string | null): void {
    if (kind === "type" && typeNamed(name).nested) this.addColumn(name, table, before);
    else if (kind === "type") done(t("design.not_nested", { type: t(`design.type.${name}`) }));
    else this.store.change(moveColumn(this.store.doc, name, before));
    this.toCanvas();
  }

  dropEntry(kind: string, name: string, at: number[]): void {
    const layout = layoutOf(this.store.doc);
    const index = at[0] ?? 0;
    if (kind === "part") {
      const made = newPart(name, layout);
      this.store.change(set(this.store.doc, "/layout", [...layout.slice(0, index), made, ...layout.slice(index)]));
      this.store.select({ on: "entry", at: [index] });
    } else {
      const from = name.split(".").map(Number);
      if (from.length !== 1) return;
      const step = index - (from[0] ?? 0);
      const moved = moveEntry(layout, from, step > 0 ? step - 1 : step);
      this.store.change(set(this.store.doc, "/layout", moved.layout));
      this.store.select({ on: "entry", at: moved.at });
    }
    this.toCanvas();
  }

  /** Moves what is selected by one place. */
  move(step: 1 | -1): void {
    const { selection, doc } = this.store;
    const layout = layoutOf(doc);
    if (selection.on === "entry") {
      const moved = moveEntry(layout, selection.at, step);
      this.store.change(set(doc, "/layout", moved.layout));
      this.store.select({ on: "entry", at: moved.at });
      return;
    }
    if (selection.on !== "field") return;
    const { table, name } = split(selection.path);
    if (table !== null) {
      const columns = allFields(doc).filter((field) => field.table === table).map((field) => field.name);
      const from = columns.indexOf(name);
      const to = from + step;
      if (to < 0 || to >= columns.length) return;
      this.store.change(moveColumn(doc, selection.path, step === 1 ? (columns[to + 1] ?? null) : (columns[to] ?? null)));
    } else {
      const place = stepOf(layout, name, step);
      if (!place) return;
      this.store.change(placeField(doc, name, place));
    }
    this.store.select(selection);
    announce(t("design.moved"));
  }

  remove(): void {
    const { selection, doc } = this.store;
    if (selection.on === "form") return;
    if (selection.on === "entry") {
      const entry = entryAt(layoutOf(doc), selection.at);
      this.store.change(set(doc, "/layout", removeEntry(layoutOf(doc), selection.at)));
      this.store.select({ on: "form" });
      done(t("design.removed", { title: titleOf(entry, t(`design.part.${kindOf(entry ?? {})}`)) }), { text: t("undo"), run: () => this.store.undo() });
      return;
    }
    const field = fieldAt(doc, selection.path);
    if (!field) return;
    const beside = allFields(doc).filter((other) => other.table === field.table);
    const index = beside.findIndex((other) => other.path === field.path);
    const next = beside[index + 1] ?? beside[index - 1];
    this.store.change(removeField(doc, selection.path));
    this.store.select(next ? { on: "field", path: next.path } : { on: "form" });
    done(t("design.removed", { title: titleOf(field.property, field.name) }), { text: t("undo"), run: () => this.store.undo() });
  }

  duplicate(): void {
    const { selection, doc } = this.store;
    const field = selection.on === "field" ? fieldAt(doc, selection.path) : null;
    if (field) this.put({ name: field.name, property: field.property }, field.table);
  }

  /** A copy that can be put into any form of this browser. */
  copy(): void {
    const { selection, doc } = this.store;
    const field = selection.on === "field" ? fieldAt(doc, selection.path) : null;
    if (!field) return;
    const copied: Copied = { name: field.name, property: field.property };
    localStorage.setItem(CLIPBOARD, JSON.stringify(copied));
    done(t("design.copied", { title: titleOf(field.property, field.name) }));
  }

  canPaste(): boolean {
    return localStorage.getItem(CLIPBOARD) !== null;
  }

  paste(): void {
    let copied: Copied | null = null;
    try {
      copied = JSON.parse(localStorage.getItem(CLIPBOARD) ?? "null") as Copied | null;
    } catch {
      copied = null;
    }
    if (copied && isDoc(copied.property)) this.put(copied, this.behind().table);
  }

  private put(copied: Copied, table: string | null): void {
    const { doc } = this.store;
    // a copy is another field: the id stays with the first
    const property = withoutIds(copied.property);
    const name = freeField(doc, table, copied.name);
    const path = table === null ? name : `${table}.${name}`;
    this.store.change(addField(doc, path, property, this.behind().place));
    this.store.select({ on: "field", path });
    announce(t("design.added", { title: titleOf(property, name) }));
  }

  /** From a field to its section, from a section to the form. */
  up(): void {
    const { selection, doc } = this.store;
    if (selection.on === "field") {
      const { table, name } = split(selection.path);
      const place = placeOf(layoutOf(doc), name);
      this.store.select(table !== null ? { on: "field", path: table } : place ? { on: "entry", at: place.at } : { on: "form" });
    } else this.store.select({ on: "form" });
    this.toCanvas();
  }

  rename(path: string, name: string): void {
    const { table } = split(path);
    const next = table === null ? name : `${table}.${name}`;
    this.store.change(renameField(this.store.doc, path, name));
    this.store.select({ on: "field", path: next });
  }

  /** A name after its title for a field that is not published and that nobody has named yet. */
  async nameAfterTitle(path: string): Promise<void> {
    const { store } = this;
    const field = fieldAt(store.doc, path);
    if (!field || !this.isUnnamed(field.path)) return;
    const taken = allFields(store.doc).filter((other) => other.table === field.table && other.path !== path).map((other) => other.name);
    const name = await proposeName(text(field.property, "/title"), [...taken, ...RESERVED], field.type);
    const now = fieldAt(store.doc, path);
    if (now && name !== now.name && this.isUnnamed(path)) this.rename(path, name);
  }

  private isUnnamed(path: string): boolean {
    const { doc, published } = this.store;
    const field = fieldAt(doc, path);
    return field !== null && new RegExp(`^${field.type}(_\\d+)?$`).test(field.name) && !(published && get(published, pointerOf(path)) !== undefined);
  }

  place(path: string, property: Doc, key: string | null, by: string | null): void {
    this.store.change(set(this.store.doc, pointerOf(path), property), key, by);
  }

  /** A field that stands nowhere in the layout, put at its end. */
  show(name: string): void {
    this.store.change(set(this.store.doc, "/layout", putField(layoutOf(this.store.doc), name, null)));
  }
}

/** Names that every record has already. */
export const RESERVED = ["id", "version", "created_at", "created_by", "updated_at", "updated_by", "deleted_at", "flow_state"];

function withoutIds(property: Doc): Doc {
  const plain = set(property, "/field/id", undefined);
  const columns = get(plain, "/items/properties");
  if (!isDoc(columns)) return plain;
  return set(plain, "/items/properties", Object.fromEntries(Object.entries(columns).map(([name, column]) => [name, isDoc(column) ? withoutIds(column) : column])));
}

function newPart(kind: string, layout: Doc[]): Doc {
  if (kind === "tab") return { tab: freeName(layout, "tab"), title: t("design.part.tab"), content: [{ section: freeName(layout, "section"), columns: 2, fields: [] }] };
  if (kind === "related") return { related: { form: "", via: "" } };
  if (kind === "timeline") return { timeline: ["history"] };
  if (kind === "text") return { text: t("design.part.text") };
  return { section: freeName(layout, "section"), title: t("design.part.section"), columns: 2, fields: [] };
}
