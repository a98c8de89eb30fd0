// What a field looks like when it is filled in: still pictures of the real controls, of which nothing can be used.

import { h, icon } from "../base/dom.ts";
import { t } from "../base/text.ts";
import { type Value, get, isDoc, list, object, text } from "./document.ts";
import type { Field } from "./fields.ts";
import { sign } from "./canvas.ts";
import { titleOf } from "./store.ts";
import { typeNamed } from "./types.ts";

export function likeness(field: Field): HTMLElement {
  const { property, type } = field;
  const words = hint(field);
  const box = (...inside: (Node | string | null)[]) => h("div", { class: "in dz-in" }, ...inside);
  if (type === "boolean") return h("div", { class: "dz-sw" }, h("span", { class: "dz-switch" }));
  if (type === "long_text" || type === "json") return h("div", { class: "ta dz-in is-tall" }, h("span", { class: "mut trunc" }, words));
  if (type === "files") return h("div", { class: "dz-drop" }, icon("paperclip", "s"), h("span", {}, t("design.like.files")));
  if (type === "signature") return h("div", { class: "dz-drop is-tall" }, icon("signature", "s"), h("span", {}, t("design.type.signature")));
  if (type === "percent") return h("div", { class: "affix after" }, box(h("span", { class: "mut trunc right" }, words)), h("span", {}, "%"));
  if (type === "money") return h("div", { class: "affix" }, h("span", {}, text(property, "/field/currency") || "¤"), box(h("span", { class: "mut trunc right" }, words || "0.00")));
  if (type === "formula") return box(icon("square-function", "s"), h("span", { class: "mono trunc sec" }, text(property, "/field/expression")));
  const many = type === "choices" || type === "tags" || type === "users" || type === "departments" || type === "links";
  const opens = many || type === "choice" || type === "status" || type === "link" || type === "user" || type === "department";
  return box(sign(typeNamed(type).icon), h("span", { class: "mut trunc" }, words), opens ? icon("chevron-down", "s") : null);
}

/** What stands in the empty control: the default, a few choices, or what kind of thing is asked for. */
function hint(field: Field): string {
  const { property, type } = field;
  const given = property["default"];
  if (isDoc(given)) return t(`design.var.${text(given, "/var").startsWith("settings.") ? "setting" : text(given, "/var") || "value"}`);
  const choices = [...list(property, "/oneOf"), ...list(property, "/items/oneOf")];
  if (given !== undefined && given !== null) return named(choices, given);
  if (choices.length > 0) {
    const shown = choices.slice(0, 4).map((choice) => titleOf(object(choice), text(choice, "/const")));
    return shown.join(" / ") + (choices.length > 4 ? " …" : "");
  }
  if (type === "serial") return text(property, "/field/pattern");
  if (type === "link" || type === "links") return text(property, "/field/form") ? t("design.like.link", { form: text(property, "/field/form") }) : t("design.like.no_form");
  if (text(property, "/field/options")) return t("design.like.options", { name: text(property, "/field/options") });
  const example = list(property, "/examples")[0];
  return typeof example === "string" ? example : type === "text" || type === "long_text" ? text(property, "/description") : "";
}

function named(choices: Value[], value: Value): string {
  const found = choices.find((choice) => get(choice, "/const") === value);
  return found ? titleOf(object(found), String(value)) : typeof value === "object" ? JSON.stringify(value) : String(value);
}
