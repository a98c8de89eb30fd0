// Where what a picker offers comes from: choices of the page, or records, people, departments and roles asked of the server.

import { type Json, toJson } from "../base/json.ts";

/** Something that can be picked. */
export interface Item {
  id: string;
  title: string;
  detail?: string;
  depth?: number;
  disabled?: boolean;
  fresh?: boolean;
}

/** What a picker asks, as its page says. */
export interface Source {
  from: string;
  form?: string;
  title_field?: string;
  details?: string[];
  filter?: string | null;
  title?: string;
  create_href?: string | null;
}

/** Gives values of the record being filled in, for filters that depend on it. */
export type RecordValues = (path: string) => Json;

let values: RecordValues = () => null;

/** Tells all pickers where `{"var": "record.x"}` in their filters comes from. */
export function setRecordValues(give: RecordValues): void {
  values = give;
}

/** The choices that a page gives a picker. */
export function choices(text: string): Item[] {
  const options = JSON.parse(text) as { value: string; title: string; depth: number; disabled: boolean }[];
  return options.map((option) => ({ id: option.value, title: option.title, depth: option.depth, disabled: option.disabled }));
}

/** Replaces `{"var": "record.x"}` in a filter by the value now in the form. */
function fill(filter: Json): Json {
  if (Array.isArray(filter)) return filter.map(fill);
  if (filter && typeof filter === "object" && !("text" in filter && Object.keys(filter).length === 0)) {
    const members = filter as { [key: string]: Json };
    const name = members["var"];
    if (typeof name === "string" && name.startsWith("record.")) return values(name.slice("record.".length));
    return Object.fromEntries(Object.entries(members).map(([key, member]) => [key, fill(member)]));
  }
  return filter;
}

/** Where a source is asked for what a text finds. */
export function address(source: Source, text: string): string {
  const query = new URLSearchParams();
  if (text) query.set("q", text);
  switch (source.from) {
    case "records": {
      query.set("select", [source.title_field ?? "id", ...(source.details ?? [])].join(","));
      query.set("limit", "20");
      query.set("titles", "true");
      if (source.filter) query.set("filter", toJson(fill(JSON.parse(source.filter) as Json)));
      return `/api/records/${source.form}?${query}`;
    }
    case "departments":
      return `/api/departments?${query}&limit=20`;
    case "roles":
      return `/api/roles?${query}&limit=50`;
    default:
      query.set("active", "true");
      return `/api/users?${query}&limit=20`;
  }
}

type Answered = Record<string, unknown> & { _titles?: Record<string, unknown> };

/** What a source has answered, as items. */
export function items(source: Source, found: Answered[]): Item[] {
  return found.map((record) => {
    if (source.from === "records") {
      const words = (name: string) => shown(record._titles?.[name] ?? record[name]);
      return { id: String(record["id"]), title: words(source.title_field ?? "id") || String(record["id"]), detail: (source.details ?? []).map(words).filter(Boolean).join(" · ") };
    }
    if (source.from === "roles") return { id: String(record["name"] ?? record["id"]), title: shown(record["title"] ?? record["name"]) };
    const title = source.from === "departments" ? (record["title"] ?? record["name"]) : record["name"];
    const department = record._titles?.["department"] ?? (record["department"] as { title?: string } | null)?.title;
    return { id: String(record["id"]), title: shown(title), detail: shown(department) };
  });
}

function shown(value: unknown): string {
  if (value === null || value === undefined || typeof value === "object") return "";
  return String(value);
}
