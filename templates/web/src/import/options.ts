// How a file is read: encoding and delimiter of text files, dates, currencies, repeated rows. Only what the file can have is asked.

import { h } from "../base/dom.ts";
import { t } from "../base/text.ts";
import type { Field, Options, Preview } from "./shapes.ts";

const ENCODINGS = ["UTF-8", "GB18030", "Big5", "Shift_JIS", "windows-1252", "UTF-16LE", "UTF-16BE"];
const DELIMITERS = [",", ";", "\t", "|"];

function labelled(text: string, control: HTMLElement): HTMLElement {
  return h("label", { class: "im-opt" }, h("span", {}, text), control);
}

function choice(values: [string, string][], chosen: string, changed: (value: string) => void): HTMLSelectElement {
  const select = h("select", { class: "in sm" }, ...values.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));
  select.addEventListener("change", () => changed(select.value));
  return select;
}

/** Controls for the options; `reread` is called where the file itself must be read anew. */
export function optionControls(preview: Preview, fields: Field[], options: Options, updates: boolean, reread: () => void): HTMLElement | null {
  const has = (...types: string[]) => fields.some((field) => types.includes(field.type ?? ""));
  const parts: HTMLElement[] = [];
  if (preview.encoding) {
    const found = preview.encoding;
    const others = ENCODINGS.filter((name) => name.toLowerCase() !== found.toLowerCase());
    const first = options.encoding ? found : t("import.encoding_found", { name: found });
    parts.push(
      labelled(
        t("import.encoding"),
        choice([[found, first], ...others.map((name): [string, string] => [name, name])], found, (value) => {
          options.encoding = value;
          reread();
        }),
      ),
    );
    const delimiter = preview.delimiter ?? ",";
    const all = DELIMITERS.includes(delimiter) ? DELIMITERS : [delimiter, ...DELIMITERS];
    parts.push(
      labelled(
        t("import.delimiter"),
        choice(
          all.map((sign): [string, string] => [sign, sign === "\t" ? t("import.delimiter_tab") : sign]),
          delimiter,
          (value) => {
            options.delimiter = value;
            reread();
          },
        ),
      ),
    );
  }
  if (has("date", "datetime")) {
    const year = h("input", { class: "in sm num", inputmode: "numeric", maxlength: 4, value: options.default_year ?? "" });
    year.addEventListener("change", () => {
      const value = Number(year.value);
      const good = /^\d{4}$/.test(year.value.trim()) && value >= 1900;
      options.default_year = good ? value : null;
      if (!good) year.value = "";
    });
    parts.push(labelled(t("import.default_year"), year));
    const order: [string, string][] = [
      ["", t("import.date_asked")],
      ["true", t("import.day_first")],
      ["false", t("import.month_first")],
    ];
    const chosen = typeof options.day_first === "boolean" ? String(options.day_first) : "";
    parts.push(
      labelled(
        t("import.date_order"),
        choice(order, chosen, (value) => {
          options.day_first = value === "" ? null : value === "true";
        }),
      ),
    );
  }
  if (has("money")) {
    const currency = h("input", { class: "in sm", maxlength: 3, autocapitalize: "characters", spellcheck: "false", value: options.default_currency ?? "" });
    currency.addEventListener("change", () => {
      const value = currency.value.trim().toUpperCase();
      options.default_currency = /^[A-Z]{3}$/.test(value) ? value : null;
      currency.value = options.default_currency ?? "";
    });
    parts.push(labelled(t("import.default_currency"), currency));
  }
  if (preview.duplicates && !updates) {
    const values: [string, string][] = [
      ["refuse", t("import.duplicate_refuse")],
      ["merge", t("import.duplicate_merge")],
    ];
    parts.push(
      labelled(
        t("import.on_duplicate"),
        choice(values, options.on_duplicate ?? "refuse", (value) => {
          options.on_duplicate = value === "merge" ? "merge" : "refuse";
        }),
      ),
    );
  }
  if (parts.length === 0) return null;
  return h("section", { class: "card mb16" }, h("div", { class: "card-h" }, h("h2", {}, t("import.options"))), h("div", { class: "im-opts" }, ...parts));
}

/** The options as the mapping takes them. */
export function optionsOf(options: Options): Options {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== null && value !== undefined));
}
