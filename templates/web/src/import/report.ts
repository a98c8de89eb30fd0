// What came of a file: figures, faults and warnings by row, and what of the file was passed over.

import { h, icon, url } from "../base/dom.ts";
import { t } from "../base/text.ts";
import type { Field, Job, Preview, Told } from "./shapes.ts";

/** Rows shown of a list; the download has all. */
const SHOWN = 200;
/** Numbers named of a list of rows. */
const NAMED = 20;

function figure(value: number, label: string): HTMLElement {
  return h("div", {}, h("b", { class: "num" }, value.toLocaleString("en-US")), label);
}

/** Rows that were refused. */
export function badRows(job: Job): number {
  return job.summary?.refused ?? new Set(job.faults.map((fault) => `${fault.sheet ?? ""}/${fault.row}`)).size;
}

export function figures(job: Job, dry: boolean): HTMLElement {
  const bad = badRows(job);
  const good = Math.max(job.total - bad, 0);
  const parts = dry
    ? [figure(job.total, t("import.all_rows", { count: job.total })), figure(good, t("import.good_rows", { count: good })), figure(bad, t("import.bad_rows", { count: bad }))]
    : [figure(job.created ?? good, t("import.created")), figure(job.updated ?? 0, t("import.updated")), figure(bad, t("import.bad_rows", { count: bad }))];
  const merged = job.result?.merged ?? 0;
  const unchanged = job.summary?.unchanged ?? 0;
  if (merged > 0) parts.splice(2, 0, figure(merged, t("import.merged")));
  if (unchanged > 0) parts.splice(2, 0, figure(unchanged, t("import.unchanged")));
  return h("div", { class: "plan-n mb16" }, ...parts);
}

/** A list of faults or warnings by row. */
export function told(list: Told[], fields: Field[], warning: boolean, download: HTMLElement | null): HTMLElement {
  const titles = new Map(fields.map((field) => [field.path, field.title]));
  const sheets = list.some((one) => one.sheet);
  const rows = list.slice(0, SHOWN).map((one) =>
    h(
      "tr",
      { role: "row" },
      sheets ? h("td", { role: "cell", "data-label": t("import.sheet") }, one.sheet ?? "") : null,
      h("td", { role: "cell", class: "name num", "data-label": t("import.row") }, one.row > 0 ? String(one.row) : ""),
      h("td", { role: "cell", "data-label": t("import.field") }, titles.get(one.field) ?? one.field),
      h("td", { role: "cell", class: warning ? "wrap" : "wrap fault", "data-label": t(warning ? "import.warning" : "import.fault") }, h("span", { class: "msg" }, warning ? null : icon("circle-alert", "s"), one.message)),
    ),
  );
  const names = [t("import.row"), t("import.field"), t(warning ? "import.warning" : "import.fault")];
  if (sheets) names.unshift(t("import.sheet"));
  const head = names.map((name) => h("th", { scope: "col", role: "columnheader" }, name));
  const count = warning ? String(list.length) : t("import.fault_count", { count: list.length });
  const title = [h("h2", {}, t(warning ? "import.warnings" : "import.faults")), h("span", { class: "tag num" }, count)];
  return h(
    warning ? "details" : "section",
    { class: "card mb16" },
    warning ? h("summary", { class: "card-h" }, ...title) : h("div", { class: "card-h" }, ...title, download),
    h("div", { class: "tw cards" }, h("table", { class: warning ? "tb" : "tb fx2", role: "table" }, h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, ...head)), h("tbody", { role: "rowgroup" }, ...rows))),
    list.length > SHOWN ? h("p", { class: "t13 mut im-more" }, t(warning ? "import.more_warnings" : "import.more_faults", { count: list.length - SHOWN })) : null,
  );
}

function numbers(rows: number[]): string {
  const named = rows.slice(0, NAMED).map(String).join(t("list_comma"));
  return rows.length > NAMED ? `${named} …` : named;
}

/** What of the file was read, and what was not: hidden sheets and rows, blank rows, totals, columns. */
export function account(job: Job, preview: Preview | null): HTMLElement | null {
  const summary = job.summary;
  if (!summary) return null;
  const comma = t("list_comma");
  const lines: string[] = [];
  if (summary.child_rows > 0) lines.push(t("import.child_rows", { count: summary.child_rows }));
  if (summary.hidden_rows.length > 0) lines.push(t("import.hidden_rows", { count: summary.hidden_rows.length, rows: numbers(summary.hidden_rows) }));
  const hidden = summary.hidden_sheets ?? preview?.hidden_sheets ?? [];
  if (hidden.length > 0) lines.push(t("import.hidden_sheets", { names: hidden.join(comma) }));
  if (summary.skipped.blank.length > 0) lines.push(t("import.skipped_blank", { count: summary.skipped.blank.length }));
  if (summary.skipped.totals.length > 0) lines.push(t("import.skipped_totals", { rows: numbers(summary.skipped.totals) }));
  if (summary.skipped.header.length > 0) lines.push(t("import.skipped_header", { rows: numbers(summary.skipped.header) }));
  if (summary.ignored_columns.length > 0) lines.push(t("import.ignored", { names: summary.ignored_columns.join(comma) }));
  if (lines.length === 0) return null;
  return h("section", { class: "card mb16" }, h("div", { class: "card-h" }, h("h2", {}, t("import.account"))), h("ul", { class: "im-list" }, ...lines.map((line) => h("li", {}, line))));
}

/** The link to the workbook of refused rows. */
export function downloadOf(job: Job): HTMLElement | null {
  if (!job.result?.file) return null;
  return h("a", { class: "btn sm right", href: url(job.result.file), download: true }, icon("download", "s"), t("import.download"));
}
