// A conflict: what others saved meanwhile is read anew and shown beside what stands here; who changes both chooses field by field.

import { call, type Problem } from "../base/api.ts";
import { openDialog } from "../base/dialog.ts";
import { all, find, h, icon } from "../base/dom.ts";
import { t } from "../base/text.ts";
import { toLocal } from "../read/date.ts";
import { type Field, wordsOf } from "./words.ts";

/** A field that somebody else changed. */
export interface Change {
  path: string;
  label: string;
  /** The control with their value, as the server draws it now. */
  host: HTMLElement;
  /** Their value in words. */
  theirs: string;
  /** What stands here, in words. */
  mine: string;
  /** Who changed it and when; empty where that is not told. */
  by: string;
}

/** What others saved since this page was drawn. */
export interface Theirs {
  version: string;
  changes: Change[];
  /** Who saved last. */
  who: string;
}

export interface ConflictAnswer {
  /** Mine is given up; the page is loaded anew. */
  drop: () => void;
  /** Saves mine but for the fields named, which stay theirs. */
  save: (theirs: Set<string>) => void;
}

/**
 * Reads the record anew. A field is changed when the problem or the history names it, or when the page draws it otherwise than it
 * drew it here: so what was saved after the refusal is seen too. `null` when it cannot be read.
 */
export async function readTheirs(problem: Problem, form: HTMLFormElement, version: string | null, fields: Field[]): Promise<Theirs | null> {
  const page = await fetch(location.href, { credentials: "same-origin", headers: { Accept: "text/html" } }).catch(() => null);
  if (!page?.ok) return null;
  const fresh = new DOMParser().parseFromString(await page.text(), "text/html");
  const now = find<HTMLFormElement>("#record-form", fresh);
  const latest = now?.dataset["version"];
  if (!now || latest === undefined) return null;
  const authors = await authorsOf(form, Number(version ?? "0"));
  const named = new Set([...(problem.changed_fields ?? []), ...authors.keys()]);
  const last = problem.changed_by?.name ?? "";
  const changes = fields.flatMap((field): Change[] => {
    const host = find(`[data-control][data-path="${CSS.escape(field.path)}"]`, now);
    if (!host || !(named.has(field.path) || drawn.get(field.path) !== wordsOf(host))) return [];
    return [{ path: field.path, label: field.label, host, theirs: wordsOf(host), mine: wordsOf(field.host), by: authors.get(field.path) ?? last }];
  });
  return { version: latest, changes, who: last };
}

/** The words of every field as the server drew them. */
const drawn = new Map<string, string>();

/** Keeps what the page showed before its controls were wired. */
export function keepDrawn(hosts: HTMLElement[]): void {
  for (const host of hosts) drawn.set(host.dataset["path"] ?? "", wordsOf(host));
}

/** Who changed which field after a version, and when. */
async function authorsOf(form: HTMLFormElement, version: number): Promise<Map<string, string>> {
  const { form: name, id } = form.dataset;
  const out = new Map<string, string>();
  if (!name || !id) return out;
  const answer = await call("GET", `/api/records/${name}/${id}/history?limit=100`);
  const entries = (answer.ok ? answer.body?.items : null) as { version: number; at: string; by: { name: string } | null; changes: { field: string }[] }[] | null;
  const zone = form.dataset["zone"] || Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (const entry of entries ?? []) {
    if (entry.version <= version || !entry.by) continue;
    const by = t("conflict.at", { name: entry.by.name, at: toLocal(entry.at, zone) });
    for (const change of entry.changes) if (!out.has(change.field)) out.set(change.field, by);
  }
  return out;
}

/** Asks what to keep. `mine` are the paths of the fields changed here. */
export function askConflict(theirs: Theirs, mine: Set<string>, answer: ConflictAnswer): void {
  const both = theirs.changes.filter((change) => mine.has(change.path));
  const others = theirs.changes.filter((change) => !mine.has(change.path));
  const words = (text: string, by: string) => h("span", { class: "col" }, h("span", { class: "lines" }, text), by ? h("span", { class: "t12 mut" }, by) : null);
  const rows = both.map((change, index) => {
    const pick = (value: string, text: string, by: string) =>
      h("label", {}, h("input", { class: "rad", type: "radio", name: `take-${index}`, value, checked: value === "mine", "data-field": change.path }), words(text, by));
    return h("tr", {}, h("td", {}, change.label), h("td", {}, pick("mine", change.mine, "")), h("td", {}, pick("theirs", change.theirs, change.by)));
  });
  for (const change of others) rows.push(h("tr", {}, h("td", {}, change.label), h("td", { class: "mut" }, t("conflict.untouched")), h("td", {}, words(change.theirs, change.by))));
  const head = [t("conflict.field"), t("conflict.mine"), t("conflict.theirs")].map((title) => h("th", { scope: "col" }, title));
  const table = h("table", { class: "tb" }, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...rows));
  const count = theirs.changes.length;
  const summary = theirs.who ? t("conflict.by", { name: theirs.who, count }) : t("conflict.changed", { count });
  const dialog = openDialog(
    t("conflict.title"),
    h(
      "div",
      { class: "col g12" },
      h("div", { class: "note warn" }, icon("users"), h("span", {}, h("b", {}, summary), " ", both.length > 0 ? t("conflict.kept") : t("conflict.apart"))),
      count > 0 ? h("div", { class: "conf" }, table) : null,
      h(
        "div",
        { class: "btns dlg-a" },
        h("button", { type: "button", class: "btn", onclick: () => dialog.close() }, t("conflict.back")),
        h("button", { type: "button", class: "btn", onclick: answer.drop }, t("conflict.drop")),
        h("button", { type: "submit", class: "btn pri" }, both.length > 0 ? t("conflict.save") : t("conflict.save_both")),
      ),
    ),
    true,
  );
  find("form", dialog)?.addEventListener("submit", () => {
    answer.save(new Set(all<HTMLInputElement>("input[value=theirs]:checked", dialog).map((input) => input.dataset["field"] ?? "")));
  });
}
