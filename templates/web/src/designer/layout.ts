// Where fields stand on a form: sections, tabs, related lists, texts and the timeline, addressed by their places ([2, 0]: the first entry
// inside the third). A form without a layout has one section with everything in it until somebody moves something.

import { type Doc, type Value, isDoc, list, object, set, text } from "./document.ts";

export interface Place {
  /** The section. */
  at: number[];
  /** Before which of its fields; the number of fields means at the end. */
  index: number;
}

export interface Entry {
  at: number[];
  doc: Doc;
}

export type EntryKind = "section" | "tab" | "related" | "timeline" | "text" | "actions";
const KINDS: EntryKind[] = ["tab", "related", "timeline", "text", "actions"];

export function kindOf(entry: Doc): EntryKind {
  return KINDS.find((kind) => entry[kind] !== undefined && entry[kind] !== null) ?? "section";
}

export function fieldName(item: Value): string {
  return typeof item === "string" ? item : text(item, "/field");
}

export function spanOf(item: Value): number {
  const span = isDoc(item) ? item["span"] : undefined;
  return typeof span === "number" ? span : 1;
}

/** The layout as it is shown. */
export function layoutOf(form: Doc): Doc[] {
  const written = form["layout"];
  if (Array.isArray(written)) return written.filter(isDoc);
  const names = Object.keys(object(form, "/record/properties"));
  return [{ section: "main", columns: 2, fields: names }];
}

export function entryAt(layout: Doc[], at: number[]): Doc | undefined {
  let entries: Value[] = layout;
  let found: Doc | undefined;
  for (const index of at) {
    const entry = entries[index];
    if (!isDoc(entry)) return undefined;
    found = entry;
    entries = list(entry, "/content");
  }
  return found;
}

/** All entries, those inside tabs too, in the order of reading. */
export function entries(layout: Doc[], above: number[] = []): Entry[] {
  return layout.flatMap((doc, index) => {
    const at = [...above, index];
    return [{ at, doc }, ...entries(list(doc, "/content").filter(isDoc), at)];
  });
}

export function sections(layout: Doc[]): Entry[] {
  return entries(layout).filter(({ doc }) => kindOf(doc) === "section");
}

export function placeOf(layout: Doc[], name: string): Place | null {
  for (const { at, doc } of entries(layout)) {
    const index = list(doc, "/fields").findIndex((item) => fieldName(item) === name);
    if (index >= 0) return { at, index };
  }
  return null;
}

/** Names in the order of reading. */
export function order(layout: Doc[]): string[] {
  return entries(layout).flatMap(({ doc }) => list(doc, "/fields").map(fieldName));
}

function where(at: number[]): string {
  return at.map((index, depth) => (depth === 0 ? `/${index}` : `/content/${index}`)).join("");
}

function setEntry(layout: Doc[], at: number[], to: Doc | undefined): Doc[] {
  return set(layout as Value[], where(at), to) as Doc[];
}

function setFields(layout: Doc[], at: number[], change: (fields: Value[]) => Value[]): Doc[] {
  const entry = entryAt(layout, at);
  return entry ? setEntry(layout, at, { ...entry, fields: change(list(entry, "/fields")) }) : layout;
}

export function putField(layout: Doc[], item: Value, place: Place | null): Doc[] {
  const target = place && entryAt(layout, place.at) ? place : endOf(layout);
  if (!target) return [...layout, { section: "main", columns: 2, fields: [item] }];
  return setFields(layout, target.at, (fields) => [...fields.slice(0, target.index), item, ...fields.slice(target.index)]);
}

function endOf(layout: Doc[]): Place | null {
  const last = sections(layout).at(-1);
  return last ? { at: last.at, index: list(last.doc, "/fields").length } : null;
}

export function takeField(layout: Doc[], name: string): Doc[] {
  const place = placeOf(layout, name);
  return place ? setFields(layout, place.at, (fields) => fields.filter((_, index) => index !== place.index)) : layout;
}

/** A field put somewhere else. `place` counts the fields with the moved one still among them. */
export function moveField(layout: Doc[], name: string, place: Place): Doc[] {
  const from = placeOf(layout, name);
  const item = from ? list(entryAt(layout, from.at), "/fields")[from.index] : undefined;
  const passes = from && from.at.join() === place.at.join() && from.index < place.index;
  return putField(takeField(layout, name), item ?? name, passes ? { ...place, index: place.index - 1 } : place);
}

/** Where a field goes by one step: within its section, else to the end or beginning of the next one. */
export function stepOf(layout: Doc[], name: string, step: 1 | -1): Place | null {
  const from = placeOf(layout, name);
  if (!from) return null;
  const count = list(entryAt(layout, from.at), "/fields").length;
  if (step === -1 && from.index > 0) return { at: from.at, index: from.index - 1 };
  if (step === 1 && from.index < count - 1) return { at: from.at, index: from.index + 2 };
  const all = sections(layout);
  const next = all[all.findIndex(({ at }) => at.join() === from.at.join()) + step];
  if (!next) return null;
  return { at: next.at, index: step === 1 ? 0 : list(next.doc, "/fields").length };
}

export function setSpan(layout: Doc[], name: string, span: number): Doc[] {
  const place = placeOf(layout, name);
  if (!place) return layout;
  return setFields(layout, place.at, (fields) =>
    fields.map((item, index) => {
      if (index !== place.index) return item;
      const rest = isDoc(item) ? item : { field: name };
      const { span: _, ...others } = rest;
      const next: Doc = span > 1 ? { ...others, span } : others;
      return Object.keys(next).length === 1 ? name : next;
    }),
  );
}

export function changeEntry(layout: Doc[], at: number[], to: Doc): Doc[] {
  return setEntry(layout, at, to);
}

/** Takes an entry away; its fields go to the section before it, else to the next, so that none is lost from the form. */
export function removeEntry(layout: Doc[], at: number[]): Doc[] {
  const gone = entryAt(layout, at);
  if (!gone) return layout;
  const orphans = entries([gone]).flatMap(({ doc }) => list(doc, "/fields"));
  return orphans.reduce<Doc[]>((rest, item) => putField(rest, item, null), setEntry(layout, at, undefined));
}

function siblings(layout: Doc[], at: number[]): Doc[] {
  const above = at.slice(0, -1);
  return above.length === 0 ? layout : list(entryAt(layout, above), "/content").filter(isDoc);
}

function setSiblings(layout: Doc[], at: number[], to: Doc[]): Doc[] {
  const above = at.slice(0, -1);
  const entry = entryAt(layout, above);
  return above.length === 0 ? to : entry ? setEntry(layout, above, { ...entry, content: to }) : layout;
}

/** A new entry behind another one. */
export function addEntry(layout: Doc[], entry: Doc, after: number[] | null): { layout: Doc[]; at: number[] } {
  if (after === null || after.length === 0) return { layout: [...layout, entry], at: [layout.length] };
  const beside = siblings(layout, after);
  const index = (after.at(-1) ?? 0) + 1;
  return { layout: setSiblings(layout, after, [...beside.slice(0, index), entry, ...beside.slice(index)]), at: [...after.slice(0, -1), index] };
}

/** An entry moved among its neighbours. */
export function moveEntry(layout: Doc[], at: number[], step: number): { layout: Doc[]; at: number[] } {
  const beside = siblings(layout, at);
  const from = at.at(-1) ?? 0;
  const to = Math.min(Math.max(from + step, 0), beside.length - 1);
  const moved = beside[from];
  if (moved === undefined || to === from) return { layout, at };
  const rest = beside.filter((_, index) => index !== from);
  return { layout: setSiblings(layout, at, [...rest.slice(0, to), moved, ...rest.slice(to)]), at: [...at.slice(0, -1), to] };
}

/** A name for a section that no other has. */
export function freeName(layout: Doc[], stem: string): string {
  const taken = new Set(entries(layout).flatMap(({ doc }) => [text(doc, "/section"), text(doc, "/tab")]));
  let name = stem;
  for (let number = 2; taken.has(name); number += 1) name = `${stem}_${number}`;
  return name;
}
