// The value of a field, and values in words: for the conflict dialog, and for computed figures that the server sends anew.

import { all, find } from "../base/dom.ts";
import { Exact, type Json } from "../base/json.ts";
import { t } from "../base/text.ts";
import type { Grid } from "../control/grid.ts";
import type { Control } from "../control/part.ts";
import { showNumber } from "../read/number.ts";

/** A control, or a child table. */
export type Field = Control | Grid;

/** What a field holds; of one that cannot be read, its fault and what was typed. */
export function valueOf(field: Field): Json {
  const reading = field.read();
  return "value" in reading ? reading.value : { fault: reading.fault, kept: field.keep() };
}

/** The value of a control or a child table in words, read from its element: wired, or just drawn by the server. */
export function wordsOf(host: HTMLElement): string {
  if (host.dataset["control"] === "table") {
    const rows = all("tbody > tr:not(.errrow)", host).map((row) => all("[data-control]", row).map(wordsOf).filter((words) => words !== "—").join(t("list_comma")));
    return rows.length > 0 ? rows.map((row, index) => `${index + 1}. ${row}`).join("\n") : "—";
  }
  const listed = all(".picked li > span, .file-list a", host).map((element) => element.textContent?.trim() ?? "");
  if (listed.length > 0) return listed.join(t("list_comma"));
  const input = find("input:not(.native):not([type=file]), textarea, select", host);
  if (input instanceof HTMLInputElement && input.type === "checkbox") return input.checked ? t("yes") : t("no");
  if (input?.tagName === "SELECT") return find<HTMLSelectElement>("select", host)?.selectedOptions[0]?.text.trim() || "—";
  if (host.dataset["control"] === "location") return all<HTMLInputElement>("input", host).map((one) => one.value).filter(Boolean).join(", ") || "—";
  if (input instanceof HTMLInputElement || input instanceof HTMLTextAreaElement) return input.value ? `${input.value}${"percent" in host.dataset ? "%" : ""}` : "—";
  const image = find<HTMLImageElement>(".signature img:not([hidden])", host);
  return image?.alt || (find("[data-shown], .ro", host)?.textContent?.trim() ?? "") || "—";
}

/** A computed value in the form the place showed before: unit in front, as many decimals, percent sign. */
export function likeBefore(before: string, given: unknown): string | null {
  const value = given instanceof Exact ? given.text : given;
  if (value === null) return "—";
  if (typeof value === "number" || (typeof value === "string" && /^-?\d+(\.\d+)?$/.test(value))) {
    const text = String(value);
    if (/e/i.test(text)) return null;
    const unit = /^([A-Z]{3})\s/.exec(before.trim())?.[1];
    const percent = before.includes("%");
    const decimals = (/\.(\d+)/.exec(before)?.[1] ?? "").length;
    return `${unit ? `${unit} ` : ""}${showNumber(text, percent, decimals)}${percent ? "%" : ""}`;
  }
  return typeof value === "string" ? value : null;
}
