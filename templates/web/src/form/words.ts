// Values in words: for the conflict dialog, and for computed figures that the server sends anew.

import { all, find } from "../base/dom.ts";
import { t } from "../base/text.ts";
import { Grid } from "../control/grid.ts";
import type { Control } from "../control/part.ts";
import { showNumber } from "../read/number.ts";

/** A control, or a child table. */
export type Field = Control | Grid;

/** The value of a control in words, for the conflict dialog. */
export function wordsOf(field: Field): string {
  if (field instanceof Grid) return t("conflict.rows", { count: all("tbody tr:not(.errrow)", field.host).length });
  const picked = all(".picked li > span", field.host).map((element) => element.textContent ?? "");
  if (picked.length > 0) return picked.join(t("list_comma"));
  const input = find<HTMLInputElement>("input:not(.native), textarea, select", field.host);
  if (input instanceof HTMLInputElement && input.type === "checkbox") return input.checked ? t("yes") : t("no");
  if (input instanceof HTMLSelectElement) return input.selectedOptions[0]?.text.trim() || "—";
  return input?.value ? `${input.value}${"percent" in field.host.dataset ? "%" : ""}` : "—";
}

/** A stored value in words. */
export function wordsFor(value: unknown, percent = false): string {
  if (value === null || value === undefined || value === "") return "—";
  if (typeof value === "boolean") return value ? t("yes") : t("no");
  if (typeof value === "number") return `${showNumber(String(value), percent)}${percent ? "%" : ""}`;
  if (Array.isArray(value)) return value.length > 0 && typeof value[0] === "object" ? t("conflict.rows", { count: value.length }) : value.map((item) => wordsFor(item)).join(t("list_comma"));
  if (typeof value === "object") {
    const named = value as { title?: unknown; name?: unknown };
    return String(named.title ?? named.name ?? JSON.stringify(value));
  }
  return String(value);
}

/** A computed value in the form the place showed before: unit in front, as many decimals, percent sign. */
export function likeBefore(before: string, value: unknown): string | null {
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
