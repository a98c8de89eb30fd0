// What publishing the drafts of an app would do, in words, by gravity; what is grave is confirmed by its code, the gravest by typing a name.

import { type Problem, call, newKey, reason } from "../base/api.ts";
import { busy, h, icon, url } from "../base/dom.ts";
import { t } from "../base/text.ts";
import { failed } from "../base/toast.ts";
import type { Known } from "./world.ts";
import { pathAt } from "./fields.ts";

export interface Step {
  class: string;
  code: string;
  object: string;
  text: string;
  rows?: number | null;
  /** How many values would not fit, and some of them with their records. */
  faults?: number;
  values?: { record: string | null; value: string }[];
}

interface Plan {
  steps: Step[];
  confirm: string[];
  plan: string;
  base: number;
}

const ORDER = ["hiding", "outside", "widening", "narrowing", "converting", "filling", "safe"];
const SIGNS: Record<string, () => SVGElement> = {
  safe: () => icon("plus", "s"),
  filling: () => icon("pencil", "s"),
  converting: () => icon("arrow-right-left", "s"),
  narrowing: () => icon("shrink", "s"),
  hiding: () => icon("trash-2", "s"),
  widening: () => icon("key", "s"),
  outside: () => icon("globe", "s"),
};

export async function openPlan(root: HTMLElement): Promise<void> {
  const app = root.dataset["app"] ?? "";
  const [answer, definitions] = await Promise.all([call("POST", "/api/publications/plan", { json: { app } }), call("GET", `/api/definitions?app=${app}`)]);
  root.removeAttribute("aria-busy");
  const drafts = ((definitions.body?.items ?? []) as Known[]).filter((item) => item.state !== "published");
  if (answer.status === 422) {
    root.replaceChildren(faults(app, (answer.body as Problem | null)?.errors ?? [], reason(answer)));
    return;
  }
  if (!answer.ok) {
    root.replaceChildren(h("div", { class: "empty" }, h("h2", {}, reason(answer))));
    return;
  }
  const plan = answer.body as Plan;
  if (drafts.length === 0) {
    root.replaceChildren(h("div", { class: "empty" }, h("h2", {}, t("design.plan_nothing")), h("p", {}, t("design.plan_nothing_text")), h("a", { class: "btn", href: url(`/design/${app}`) }, t("design.back_to_app"))));
    return;
  }
  drawPlan(root, plan, {
    note: true,
    verb: t("design.publish"),
    back: `/design/${app}`,
    run: (confirm, note) => call("POST", "/api/publications", { json: { app, plan: plan.plan, confirm, note }, headers: { "Idempotency-Key": newKey() } }),
  });
}

export interface Doing {
  note: boolean;
  verb: string;
  back: string;
  run: (confirm: string[], note: string) => ReturnType<typeof call>;
}

/** The page of a plan, of a publication or of a way back. */
export function drawPlan(root: HTMLElement, plan: Plan, doing: Doing): void {
  const confirmed = new Set<string>();
  const needed = new Set(plan.confirm);
  const note = h("textarea", { class: "ta", rows: 3, id: "plan-note", maxlength: 2000 });
  const go = h("button", { type: "button", class: "btn pri" }, icon("rocket"), doing.verb);
  const left = h("span", { class: "mut t13", role: "status" });
  const refresh = () => {
    const open = [...needed].filter((code) => !confirmed.has(code)).length;
    go.disabled = open > 0;
    left.textContent = open > 0 ? t("design.to_confirm", { count: open }) : t("design.ready");
  };
  go.addEventListener("click", async () => {
    const rest = busy(go);
    const answer = await doing.run([...confirmed], note.value.trim());
    rest();
    if (answer.ok) {
      sessionStorage.setItem("fw-toast", t("design.published", { revision: answer.body?.revision ?? "" }));
      location.assign(url(doing.back));
    } else if (answer.status === 409) failed(reason(answer), { text: t("design.plan_again"), run: () => location.reload() });
    else failed(reason(answer));
  });
  const steps = [...plan.steps].sort((a, b) => ORDER.indexOf(a.class) - ORDER.indexOf(b.class));
  const classes = ORDER.filter((name) => steps.some((step) => step.class === name));
  const rows = steps.reduce((sum, step) => sum + (step.rows ?? 0), 0);
  const figure = (count: number, words: string, tone: string) => h("div", { class: `dz-stat ${tone}` }, h("b", { class: "num" }, count.toLocaleString("en-US")), h("span", {}, words));
  root.replaceChildren(
    h(
      "div",
      { class: "dz-plan" },
      h("p", { class: "sec" }, t("design.plan_revisions", { from: plan.base, to: plan.base + 1 })),
      h("div", { class: "card dz-stats" }, ...classes.map((name) => figure(steps.filter((step) => step.class === name).length, t(`design.class.${name}`), needed.size > 0 && steps.some((step) => step.class === name && needed.has(step.code)) ? "is-grave" : "")), figure(rows, t("design.rows_touched"), "")),
      ...classes.map((name) =>
        h(
          "section",
          { class: `card dz-class is-${name}` },
          h("div", { class: "card-h" }, h("span", { class: "dz-sign" }, (SIGNS[name] ?? SIGNS["safe"] ?? (() => icon("plus", "s")))()), h("h2", {}, t(`design.class.${name}`)), h("span", { class: "sub" }, t(`design.class_text.${name}`))),
          h("ul", {}, ...steps.filter((step) => step.class === name).map((step) => item(step, needed.has(step.code), confirmed, refresh))),
        ),
      ),
      steps.length === 0 ? h("p", { class: "note" }, icon("circle-check"), h("span", {}, t("design.plan_words_only"))) : null,
      doing.note ? h("div", { class: "f" }, h("label", { for: "plan-note" }, t("design.note")), note) : null,
      h("footer", { class: "dz-plan-f" }, left, h("span", { class: "grow" }), h("a", { class: "btn", href: url(doing.back) }, t("cancel")), go),
    ),
  );
  refresh();
}

function item(step: Step, grave: boolean, confirmed: Set<string>, refresh: () => void): HTMLElement {
  const id = `c-${step.code.replace(/[^a-z0-9_]/gi, "-")}`;
  const mark = (on: boolean) => {
    if (on) confirmed.add(step.code);
    else confirmed.delete(step.code);
    refresh();
  };
  let control: HTMLElement | null = null;
  if (grave && step.class === "hiding") {
    // what goes out of sight is confirmed by its name
    const word = step.code.split(":")[1]?.split("/").at(-1) || step.object;
    const input = h("input", { class: "in mono", id, autocomplete: "off", spellcheck: "false" });
    input.addEventListener("input", () => mark(input.value.trim() === word));
    control = h("div", { class: "f dz-type" }, h("label", { for: id }, t("design.type_to_confirm", { name: word })), input);
  } else if (grave) {
    const input = h("input", { class: "chk", type: "checkbox", id, onchange: () => mark(input.checked) });
    control = h("label", { class: "dz-agree", for: id }, input, h("span", {}, t("design.agree")));
  }
  const form = step.object.split("/")[1] ?? "";
  const values = step.values ?? [];
  return h(
    "li",
    { class: grave ? "is-grave" : "" },
    h("div", { class: "row g12" }, h("span", { class: "grow" }, step.text), step.rows !== undefined && step.rows !== null ? h("span", { class: "tag num" }, t("design.rows", { count: step.rows })) : null),
    h("code", {}, step.code),
    step.faults ? h("p", { class: "wtxt t13" }, t("design.bad_values", { count: step.faults })) : null,
    values.length > 0 ? h("ul", { class: "dz-samples" }, ...values.map((one) => h("li", {}, one.record ? h("a", { class: "link", href: url(`/forms/${form}/${one.record}`) }, one.value || t("design.blank_value")) : h("q", {}, one.value)))) : null,
    control,
  );
}

type Told = NonNullable<Problem["errors"]>[number];

/** Why nothing can be planned: every fault with the way to its place. */
function faults(app: string, all: Told[], whole: string): HTMLElement {
  const groups = new Map<string, Told[]>();
  for (const fault of all) {
    const { kind = "", name = "" } = fault.definition ?? {};
    groups.set(`${kind}/${name}`, [...(groups.get(`${kind}/${name}`) ?? []), fault]);
  }
  return h(
    "div",
    { class: "dz-plan" },
    h("div", { class: "note bad", role: "alert" }, icon("circle-alert"), h("div", {}, h("b", {}, t("design.plan_faults", { count: all.length })), all.length === 0 ? h("p", {}, whole) : null)),
    ...[...groups.values()].map((list) => {
      const definition = list[0]?.definition;
      const line = (fault: Told): HTMLElement => {
        const path = pathAt(fault.field);
        const words = [h("span", {}, fault.message), h("code", { class: "trunc" }, fault.field || "/")];
        if (!definition) return h("li", {}, ...words);
        const href = url(`/design/${definition.app ?? app}/${definition.kind}/${definition.name}${path ? `#field:${encodeURIComponent(path)}` : ""}`);
        return h("li", {}, h("a", { class: "dz-list-a", href }, ...words));
      };
      return h("section", { class: "card" }, definition ? h("div", { class: "card-h" }, h("h2", {}, t(`design.kind.${definition.kind}`), " ", definition.name)) : null, h("ul", { class: "dz-list" }, ...list.map(line)));
    }),
  );
}
