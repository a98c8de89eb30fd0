// The editor of a role: a table of forms and actions, and for each grant whose rows and which fields it admits.

import { call } from "../base/api.ts";
import { find, h, icon } from "../base/dom.ts";
import { t } from "../base/text.ts";
import { blankFirst } from "./properties.ts";
import { conditionBuilder } from "./condition.ts";
import { labelled, select, several, titled, toggle, withWords } from "./controls.ts";
import { type Doc, type Value, isDoc, list, object, set, text, texts } from "./document.ts";
import type { Editor } from "./editor.ts";
import { type Field, columnsOf } from "./fields.ts";
import { faultsOf } from "./options.ts";
import { type Store, titleOf } from "./store.ts";
import type { World } from "./world.ts";

const ACTIONS = ["read", "create", "update", "delete", "export", "import", "print", "share", "comment", "merge"];
const RIGHTS = ["manage_people", "audit", "settings", "backup", "view_as", "explain", "privacy", "handover", "secrets"];
const BY = "role";

type Scope = "all" | "own" | "department" | "follows" | "condition";

interface Shown {
  form: string;
  title: string;
  app: string;
  /** Place among the grants; null: nothing is granted yet. */
  grant: number | null;
}

export async function drawRole(store: Store, world: World): Promise<Editor> {
  const [forms, apps, roles] = await Promise.all([world.forms(), world.of("app"), world.of("role")]);
  const requires = Object.keys(object(await world.doc("app", world.app, world.app), "/requires"));
  const side = h("aside", { class: "dz-side dz-props", "aria-label": t("design.properties") });
  const body = h("div", { class: "card dz-scroll dz-matrix-w", tabindex: "0", role: "region", "aria-label": t("design.kinds.role") });
  let chosen: number | null = null;
  let sequence = 0;

  const grants = () => list(store.doc, "/grants").filter(isDoc);
  const put = (next: Doc[], by: string | null = null, key: string | null = null) => store.change(set(store.doc, "/grants", next), key, by);
  const change = (index: number, to: Doc, key: string) => put(grants().map((grant, place) => (place === index ? to : grant)), BY, `grant ${index} ${key}`);

  const rows = (): Shown[] => {
    const all = grants();
    const titleFor = (name: string) => forms.find((form) => form.name === name);
    const granted = all.map((grant, index) => ({ form: text(grant, "/form"), title: titleFor(text(grant, "/form"))?.title ?? text(grant, "/form"), app: titleFor(text(grant, "/form"))?.app ?? "", grant: index }));
    const near = forms.filter((form) => form.app === world.app || requires.includes(form.app));
    const open = near.filter((form) => !granted.some((row) => row.form === form.name)).map((form) => ({ form: form.name, title: form.title, app: form.app, grant: null }));
    const order = (row: Shown) => (row.app === world.app ? 0 : 1);
    return [...granted, ...open].sort((a, b) => order(a) - order(b) || forms.findIndex((form) => form.name === a.form) - forms.findIndex((form) => form.name === b.form) || (a.grant ?? 0) - (b.grant ?? 0));
  };

  const before = (index: number | null, form: string): Doc | undefined => {
    const published = list(store.published ?? {}, "/grants").filter(isDoc);
    const own = index === null ? undefined : grants()[index];
    return published.find((grant) => text(grant, "/form") === form && (!own || JSON.stringify(grant["rows"]) === JSON.stringify(own["rows"])));
  };

  const draw = () => {
    const focused = document.activeElement instanceof HTMLElement && body.contains(document.activeElement) ? document.activeElement.dataset["cell"] : undefined;
    const table = h(
      "table",
      { class: "tb pt dz-matrix" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("design.role.form")), ...ACTIONS.map((action) => h("th", { scope: "col", class: "c" }, t(`design.action.${action}`))), h("th", { scope: "col" }, t("design.role.rows")), h("th", { scope: "col" }, t("design.role.fields")), h("th", { scope: "col" }, h("span", { class: "vh" }, t("design.options.acts"))))),
      h("tbody", {}, ...rows().map(rowOf)),
    );
    body.replaceChildren(table);
    if (focused) find(`[data-cell="${CSS.escape(focused)}"]`, body)?.focus();
    drawSide();
  };

  const rowOf = (row: Shown): HTMLElement => {
    const grant = row.grant === null ? null : (grants()[row.grant] ?? null);
    const was = before(row.grant, row.form);
    const boxes = ACTIONS.map((action) => {
      const has = grant !== null && texts(grant, "/actions").includes(action);
      const changed = store.published !== null && has !== texts(was ?? {}, "/actions").includes(action);
      const input = h("input", { class: "chk", type: "checkbox", checked: has, "aria-label": `${row.title}: ${t(`design.action.${action}`)}`, "data-cell": `${row.form} ${row.grant ?? ""} ${action}`, onchange: () => tick(row, action, input.checked) });
      return h("td", { class: changed ? "c is-new" : "c" }, input);
    });
    const open = () => {
      chosen = row.grant;
      draw();
      find("select, input", side)?.focus();
    };
    const scope = grant ? h("button", { type: "button", class: "link", title: says(grant["rows"]), onclick: open }, t(`design.scope.${scopeOf(grant)}`), scopeOf(grant) === "all" ? null : h("code", { class: "dz-says trunc" }, says(grant["rows"]))) : h("span", { class: "mut" }, t("design.role.nothing"));
    const limits = grant ? [...texts(grant, "/hidden").map(() => "hidden"), ...texts(grant, "/readonly").map(() => "readonly"), ...Object.keys(object(grant, "/mask")).map(() => "mask")] : [];
    const fields = grant ? h("button", { type: "button", class: limits.length > 0 ? "link" : "link mut", onclick: open }, limits.length > 0 ? [...new Set(limits)].map((kind) => t(`design.limit_count.${kind}`, { count: limits.filter((one) => one === kind).length })).join(" · ") : t("design.none")) : h("span", { class: "mut" }, "—");
    const more = h("button", { type: "button", class: "btn ghost icon sm", "aria-label": t("design.role.another", { form: row.title }), title: t("design.role.another", { form: row.title }), onclick: () => {
      put([...grants(), { form: row.form, actions: ["read"] }]);
      chosen = grants().length - 1;
      draw();
    } }, icon("plus", "s"));
    return h("tr", { class: row.grant !== null && row.grant === chosen ? "is-on" : "" }, h("td", { class: "name" }, grant ? h("button", { type: "button", class: "dz-name-b", onclick: open }, row.title) : row.title, h("span", { class: "sub" }, apps.find((app) => app.name === row.app)?.title ?? row.app)), ...boxes, h("td", {}, scope), h("td", {}, fields), h("td", {}, grant ? more : null));
  };

  const tick = (row: Shown, action: string, on: boolean) => {
    const all = grants();
    if (row.grant === null) {
      // whoever may do something with records may also see them
      put([...all, { form: row.form, actions: action === "read" ? ["read"] : ["read", action] }]);
      chosen = all.length;
      draw();
      return;
    }
    const grant = all[row.grant];
    if (!grant) return;
    const kept = texts(grant, "/actions").filter((one) => one !== action);
    const actions = on ? [...texts(grant, "/actions"), action] : kept;
    if (actions.length === 0) {
      chosen = null;
      put(all.filter((_, place) => place !== row.grant));
    } else put(all.map((one, place) => (place === row.grant ? { ...one, actions } : one)));
  };

  const drawSide = () => {
    if (side.contains(document.activeElement)) return;
    const grant = chosen === null ? undefined : grants()[chosen];
    if (grant && chosen !== null) void drawGrant(grant, chosen);
    else side.replaceChildren(...roleProperties());
  };

  const roleProperties = (): HTMLElement[] => {
    const change_ = (at: string, value: Value | undefined) => store.change(set(store.doc, at, value), `role ${at}`, BY);
    const own = text(store.doc, "/name");
    const some = (value: string[]) => (value.length > 0 ? value : undefined);
    return [
      h("header", { class: "dz-props-h" }, h("span", { class: "tag c1" }, t("design.kind.role")), h("h2", { class: "trunc" }, titleOf(store.doc))),
      h(
        "div",
        { class: "dz-props-b" },
        ...faultsOf(store),
        titled(store.doc, "title", t("design.o.title"), (next) => store.change(withWords(store.doc, next, ["title", "labels"]), "title", BY)),
        titled(store.doc, "description", t("design.o.description"), (next) => store.change(withWords(store.doc, next, ["description", "descriptions"]), "description", BY)),
        labelled(t("design.role.inherits"), several(texts(store.doc, "/inherits"), roles.filter((role) => role.name !== own).map((role) => ({ value: role.name, title: role.title })), (next) => change_("/inherits", some(next))), t("design.role.inherits_help")),
        labelled(t("design.role.apps"), several(texts(store.doc, "/apps"), apps.map((app) => ({ value: app.name, title: app.title })), (next) => change_("/apps", some(next)))),
        labelled(t("design.role.designs"), several(texts(store.doc, "/designs"), apps.map((app) => ({ value: app.name, title: app.title })), (next) => change_("/designs", some(next))), t("design.role.designs_help")),
        labelled(t("design.role.rights"), several(texts(store.doc, "/rights"), RIGHTS.map((right) => ({ value: right, title: t(`design.right.${right}`) })), (next) => change_("/rights", some(next)))),
        toggle(t("design.role.second_factor"), store.doc["second_factor"] === true, (on) => change_("/second_factor", on || undefined), t("design.role.second_factor_help")),
        h("p", { class: "mut t12" }, t("design.role.sum")),
      ),
    ];
  };

  const drawGrant = async (grant: Doc, index: number) => {
    const turn = ++sequence;
    const form = text(grant, "/form");
    const fields = await world.fields(form);
    if (turn !== sequence) return;
    const now = () => grants()[index] ?? grant;
    const people = fields.filter((field) => field.type === "user" || field.type === "users");
    const departments = fields.filter((field) => field.type === "department" || field.type === "departments");
    const links = fields.filter((field) => field.type === "link");
    const place = h("div", {});
    const counted = h("p", { class: "mut t12", role: "status" });
    const count = async () => {
      const scope = now()["rows"];
      counted.textContent = "";
      // what is not published has no records yet, and whose link is followed cannot be asked here
      const known = forms.find((one) => one.name === form);
      if ((known && "state" in known && known.state === "new") || (isDoc(scope) && scope["follows"] !== undefined)) return;
      const answer = await call("POST", `/api/records/${form}/query`, { json: { ...(scope ? { filter: scope } : {}), limit: 1, count: "exact" } });
      if (answer.ok && turn === sequence) counted.textContent = t("design.role.counted", { count: answer.body?.count ?? 0 });
    };
    const rowsTo = (value: Value | undefined) => {
      change(index, set(now(), "/rows", value), "rows");
      void count();
    };
    const show = (scope: Scope) => {
      const held = now()["rows"];
      if (scope === "follows") place.replaceChildren(labelled(t("design.role.link"), select(text(held, "/follows"), blankFirst(links.map(named)), (link) => rowsTo(link ? { follows: link } : undefined))));
      else if (scope === "own" && people.length > 1) place.replaceChildren(labelled(t("design.role.person"), select(text(held, "/field"), people.map(named), (field) => rowsTo(own(people, field)))));
      else if (scope === "condition") place.replaceChildren(conditionBuilder(held, fields, rowsTo));
      else place.replaceChildren();
    };
    const scopes: Scope[] = ["all", ...(people.length > 0 ? (["own"] as Scope[]) : []), ...(departments.length > 0 ? (["department"] as Scope[]) : []), ...(links.length > 0 ? (["follows"] as Scope[]) : []), "condition"];
    const chooser = select(scopeOf(grant), scopes.map((scope) => ({ value: scope, title: t(`design.scope.${scope}`) })), (to) => {
      const scope = to as Scope;
      rowsTo(scope === "all" ? undefined : scope === "own" ? own(people, people[0]?.name ?? "owner") : scope === "department" ? { field: departments[0]?.name ?? "", op: departments[0]?.type === "departments" ? "has_any" : "under", value: { var: "me.department" } } : scope === "follows" ? { follows: links[0]?.name ?? "" } : undefined);
      show(scope);
    });
    show(scopeOf(grant));
    side.replaceChildren(
      h("header", { class: "dz-props-h" }, h("span", { class: "tag c5" }, t("design.role.grant")), h("h2", { class: "trunc" }, forms.find((one) => one.name === form)?.title ?? form), h("span", { class: "grow" }), h("button", { type: "button", class: "btn ghost sm", onclick: () => {
        chosen = null;
        if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
        draw();
      } }, t("design.kind.role")), h("button", { type: "button", class: "btn ghost icon sm", "aria-label": t("design.remove"), title: t("design.remove"), onclick: () => {
        chosen = null;
        if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
        put(grants().filter((_, other) => other !== index));
      } }, icon("trash-2", "s"))),
      h("div", { class: "dz-props-b" }, labelled(t("design.role.rows"), chooser), place, counted, h("div", { class: "f" }, h("span", { class: "lab" }, t("design.role.fields")), fieldLimits(fields, now, (next, key) => change(index, next, key)))),
    );
    void count();
  };

  store.listen((news) => {
    if (news.what === "doc") {
      if (news.by !== BY) {
        if (chosen !== null && !grants()[chosen]) chosen = null;
        draw();
      } else drawTableOnly();
    } else if (news.what === "faults") drawSide();
  });
  const drawTableOnly = () => {
    if (!body.contains(document.activeElement)) {
      const table = find("tbody", body);
      table?.replaceChildren(...rows().map(rowOf));
    }
  };
  draw();
  return { element: h("div", { class: "dz-form is-two" }, h("div", { class: "dz-canvas" }, h("div", { class: "dz-canvas-h" }, h("span", { class: "mut t13" }, t("design.role.hint"))), body), side) };
}

function named(field: Field): { value: string; title: string } {
  return { value: field.name, title: titleOf(field.property, field.name) };
}

function own(people: Field[], name: string): Doc {
  const field = people.find((one) => one.name === name);
  return field?.type === "users" ? { field: name, op: "has_any", value: { var: "me" } } : { field: name, op: "eq", value: { var: "me" } };
}

function scopeOf(grant: Doc): Scope {
  const rows = grant["rows"];
  if (!isDoc(rows)) return "all";
  if (rows["follows"] !== undefined) return "follows";
  const variable = text(rows, "/value/var");
  if (variable === "me" && ["eq", "has_any"].includes(text(rows, "/op"))) return "own";
  if (variable === "me.department") return "department";
  return "condition";
}

/** A condition in short: `owner = me and in_pool ≠ true`. */
export function says(rows: Value | undefined): string {
  if (!isDoc(rows)) return "";
  if (rows["follows"] !== undefined) return `→ ${text(rows, "/follows")}`;
  for (const [key, word] of [["and", " ∧ "], ["or", " ∨ "]] as const) if (Array.isArray(rows[key])) return list(rows, `/${key}`).map((term) => (isDoc(term) && (term["and"] !== undefined || term["or"] !== undefined) ? `(${says(term)})` : says(term))).join(word);
  if (rows["not"] !== undefined) return `¬ (${says(rows["not"])})`;
  const value = rows["value"];
  const shown = isDoc(value) ? text(value, "/var") || JSON.stringify(value) : Array.isArray(value) ? value.join(", ") : value === undefined ? "" : String(value);
  const signs: Record<string, string> = { eq: "=", ne: "≠", gt: ">", ge: "≥", lt: "<", le: "≤", in: "∈", not_in: "∉", has_any: "∋", is_empty: "= ∅", not_empty: "≠ ∅" };
  return `${text(rows, "/field")} ${signs[text(rows, "/op")] ?? text(rows, "/op")} ${shown}`.trim();
}

type Limit = "" | "hidden" | "readonly" | "mask";

/** Each field with how it is seen. */
function fieldLimits(fields: Field[], now: () => Doc, change: (next: Doc, key: string) => void): HTMLElement {
  const all = fields.flatMap((field) => [field, ...columnsOf(field)]);
  const limitOf = (path: string): Limit => (texts(now(), "/hidden").includes(path) ? "hidden" : Object.hasOwn(object(now(), "/mask"), path) ? "mask" : texts(now(), "/readonly").includes(path) ? "readonly" : "");
  const put = (path: string, limit: Limit) => {
    const grant = now();
    const others = (key: string) => texts(grant, `/${key}`).filter((name) => name !== path);
    const { [path]: _, ...mask } = object(grant, "/mask");
    const lists: Record<string, string[]> = { hidden: limit === "hidden" ? [...others("hidden"), path] : others("hidden"), readonly: limit === "readonly" ? [...others("readonly"), path] : others("readonly") };
    const masked: Doc = limit === "mask" ? { ...mask, [path]: "last4" } : mask;
    let next = grant;
    for (const [key, names] of Object.entries(lists)) next = set(next, `/${key}`, names.length > 0 ? names : undefined);
    change(set(next, "/mask", Object.keys(masked).length > 0 ? masked : undefined), `field ${path}`);
  };
  return h(
    "div",
    { class: "dz-limits" },
    ...all.map((field) => {
      const limits: Limit[] = ["", "hidden", "readonly", ...(["text", "scan", "serial"].includes(field.type) ? (["mask"] as Limit[]) : [])];
      const title = field.table ? `· ${titleOf(field.property, field.name)}` : titleOf(field.property, field.name);
      const input = select(limitOf(field.path), limits.map((limit) => ({ value: limit, title: t(`design.limit.${limit || "none"}`) })), (to) => {
        put(field.path, to as Limit);
        input.dataset["limit"] = to;
      });
      input.classList.add("sm");
      input.setAttribute("aria-label", title);
      input.dataset["limit"] = limitOf(field.path);
      return h("div", { class: "dz-limit" }, h("span", { class: "trunc", title: field.path }, title), input);
    }),
  );
}
