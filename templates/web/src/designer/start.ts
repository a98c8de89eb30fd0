// A new definition: blank, from a pasted JSON Schema, or as a copy of one that is there.

import { call, reason } from "../base/api.ts";
import { openDialog } from "../base/dialog.ts";
import { busy, find, h, icon, url } from "../base/dom.ts";
import { t } from "../base/text.ts";
import { failed } from "../base/toast.ts";
import { labelled, line, selectLater, suggestName } from "./controls.ts";
import { type Doc, type Value, get, isDoc, object, set, text } from "./document.ts";
import { RESERVED } from "./commands.ts";
import type { State } from "./saving.ts";
import { startFromFile } from "./sheet.ts";
import { type Known, World, proposeName } from "./world.ts";

type Way = "blank" | "schema" | "copy";

export function startDefinition(kind: string, app: string, source?: Known): void {
  const world = new World(app);
  let way: Way = source ? "copy" : "blank";
  let from = source ? `${source.app}/${source.name}` : "";
  let pasted = "";
  const title = line(source ? t("design.copy_of", { title: source.title }) : "", () => {}, { required: true, maxlength: "100" });
  const name = line("", () => {}, { class: "in mono", maxlength: "48" });
  const taken = world.of(kind).then((all) => all.map((one) => one.name));
  title.addEventListener("change", async () => {
    if (!title.value.trim() || name.dataset["own"]) return;
    const proposed = await proposeName(title.value, await taken, kind);
    if (!name.dataset["own"]) suggestName(name, proposed);
  });
  name.addEventListener("input", () => {
    name.dataset["own"] = name.value ? "1" : "";
  });
  const fault = h("p", { class: "note bad", role: "alert", hidden: true });
  const fail = (words: string) => {
    fault.hidden = false;
    fault.textContent = words;
  };
  const schema = h("textarea", { class: "ta mono", rows: 10, spellcheck: "false", placeholder: '{"type": "object", "properties": {…}}' });
  schema.addEventListener("input", () => {
    pasted = schema.value;
    const read = parse(pasted);
    if (read && !title.value) {
      title.value = text(read, "/title");
      title.dispatchEvent(new Event("change"));
    }
  });
  const place = h("div");
  const draw = () => {
    if (way === "schema") place.replaceChildren(labelled(t("design.start.schema"), schema, t("design.start.schema_help")));
    else if (way === "copy" && !source) {
      place.replaceChildren(labelled(t("design.start.from"), selectLater(from, world.of(kind).then((all) => [{ value: "", title: "—" }, ...all.map((one) => ({ value: `${one.app}/${one.name}`, title: `${one.title} · ${one.app}` }))]), (value) => {
        from = value;
      })));
    } else place.replaceChildren();
  };
  const ways: Way[] = source ? [] : kind === "form" ? ["blank", "schema", "copy"] : ["blank", "copy"];
  const seg = h("div", { class: "seg", role: "group", "aria-label": t("design.start.way") });
  if (kind === "form" && !source) {
    seg.append(h("button", { type: "button", "data-way": "sheet", "aria-pressed": "false", onclick: async () => {
      const names = await taken;
      dialog.close();
      startFromFile(app, names);
    } }, icon("file-spreadsheet", "s"), t("design.start.sheet")));
  }
  for (const one of ways) {
    const button = h("button", { type: "button", "aria-pressed": String(one === way) }, t(`design.start.${one}`));
    button.addEventListener("click", () => {
      way = one;
      for (const other of seg.children) other.setAttribute("aria-pressed", String(other === button));
      draw();
    });
    seg.append(button);
  }
  draw();
  const go = h("button", { type: "submit", class: "btn pri" }, t("design.create"));
  const dialog = openDialog(
    source ? t("design.copy_title", { title: source.title }) : t(`design.new.${kind}`),
    h("div", { class: "col g12" }, ways.length > 0 ? seg : null, place, labelled(t("design.o.title"), title), labelled(t("design.o.name"), name, t("design.h.name")), fault, h("div", { class: "btns dlg-a" }, h("button", { type: "button", class: "btn", onclick: () => dialog.close() }, t("cancel")), go)),
  );
  title.focus();
  title.select();
  find("form", dialog)?.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!title.value.trim()) {
      title.focus();
      return;
    }
    const rest = busy(go);
    const wanted = name.value.trim() || (await proposeName(title.value, await taken, kind));
    const made = await make(way, kind, app, pasted, from);
    if (typeof made === "string") {
      rest();
      fail(made);
      return;
    }
    const { doc, renamed } = made;
    const full: Doc = { kind, app, name: wanted, title: title.value.trim(), ...without(doc, ["kind", "app", "name", "title", "labels", "id", "extends"]) };
    const answer = await call("PUT", `/api/definitions/${kind}/${wanted}`, { json: full, headers: {} });
    rest();
    if (!answer.ok) {
      fail(reason(answer));
      return;
    }
    if (renamed.length > 0) sessionStorage.setItem("fw-toast", t("design.start.renamed", { names: renamed.join(t("list_comma")) }));
    location.assign(url(`/design/${app}/${kind}/${(answer.body as State).name}`));
  });
}

async function make(way: Way, kind: string, app: string, pasted: string, from: string): Promise<{ doc: Doc; renamed: string[] } | string> {
  if (way === "schema") {
    const read = parse(pasted);
    return read ? ofSchema(read) : t("design.start.no_schema");
  }
  if (way === "copy") {
    const [ofApp = app, name = ""] = from.split("/");
    if (!name) return t("design.start.choose");
    const answer = await call("GET", `/api/definitions/${kind}/${encodeURIComponent(name)}?app=${ofApp}`);
    const state = answer.ok ? (answer.body as State) : null;
    const doc = state?.draft ?? state?.published;
    return doc ? { doc: withoutIds(doc) as Doc, renamed: [] } : reason(answer);
  }
  if (kind === "form") return { doc: { record: { type: "object", properties: {} }, layout: [{ section: "main", title: t("design.first_section"), columns: 2, fields: [] }] }, renamed: [] };
  return { doc: kind === "options" ? { items: [] } : kind === "role" ? { grants: [] } : {}, renamed: [] };
}

function parse(source: string): Doc | null {
  try {
    const read = JSON.parse(source) as Value;
    return isDoc(read) ? read : null;
  } catch {
    return null;
  }
}

/** A published schema as a form: names that every record has already get another one. */
export function ofSchema(schema: Doc): { doc: Doc; renamed: string[] } {
  const renamed: string[] = [];
  const plain = without(schema, ["$schema", "$id", "title", "description"]);
  const safe = (name: string) => {
    if (!RESERVED.includes(name)) return name;
    renamed.push(`${name} → record_${name}`);
    return `record_${name}`;
  };
  const properties = Object.fromEntries(Object.entries(object(plain, "/properties")).map(([name, property]) => [safe(name), property]));
  const required = get(plain, "/required");
  let record: Doc = { ...plain, type: "object", properties };
  if (Array.isArray(required)) record = set(record, "/required", required.map((name) => (typeof name === "string" && RESERVED.includes(name) ? `record_${name}` : name)));
  const description = text(schema, "/description");
  return { doc: { ...(description ? { description } : {}), record }, renamed };
}

function without(doc: Doc, keys: string[]): Doc {
  return Object.fromEntries(Object.entries(doc).filter(([key]) => !keys.includes(key)));
}

/** A copy is another thing: the ids of its fields stay with the first. */
function withoutIds(value: Value, key = ""): Value {
  if (Array.isArray(value)) return value.map((item) => withoutIds(item));
  if (!isDoc(value)) return value;
  const kept = key === "field" ? without(value, ["id"]) : value;
  return Object.fromEntries(Object.entries(kept).map(([name, held]) => [name, withoutIds(held, name)]));
}

