// Where a field is used: "in 2 views, 1 role", each with the way to it.

import { call } from "../base/api.ts";
import { h, icon, url } from "../base/dom.ts";
import { t } from "../base/text.ts";
import { type Doc, text } from "./document.ts";
import { pathAt } from "./fields.ts";
import { type Store, titleOf } from "./store.ts";
import type { World } from "./world.ts";

interface Use {
  kind: string;
  app: string;
  name: string;
  title: string;
  labels?: Doc;
  at: string[];
}

export async function drawUsage(body: HTMLElement, world: World, store: Store, path: string): Promise<void> {
  body.replaceChildren(h("div", { class: "col" }, h("i", { class: "sk w2" }), h("i", { class: "sk w3" })));
  const answer = await call("GET", `/api/definitions/form/${encodeURIComponent(text(store.doc, "/name"))}/usage?field=${encodeURIComponent(path)}`);
  const uses = (answer.ok ? (answer.body?.items ?? []) : []) as Use[];
  if (uses.length === 0) {
    body.replaceChildren(h("p", { class: "mut t13" }, t("design.unused")));
    return;
  }
  const own = (use: Use) => use.kind === "form" && use.name === text(store.doc, "/name") && use.app === world.app;
  body.replaceChildren(
    h("p", { class: "sec t13" }, t("design.used", { count: uses.reduce((sum, use) => sum + use.at.length, 0) })),
    h(
      "ul",
      { class: "dz-uses" },
      ...uses.flatMap((use) =>
        use.at.map((at) =>
          h(
            "li",
            {},
            own(use)
              ? h("button", { type: "button", class: "link", onclick: () => go(store, at) }, icon("corner-down-right", "s"), h("span", {}, place(store.doc, at)))
              : h("a", { class: "link", href: url(`/design/${use.app}/${use.kind}/${use.name}#${at}`) }, icon("external-link", "s"), h("span", {}, `${t(`design.kind.${use.kind}`)} · ${titleOf(use as unknown as Doc, use.name)}`)),
            h("code", { class: "trunc" }, at),
          ),
        ),
      ),
    ),
  );
}

/** Words for a place of the form itself. */
function place(form: Doc, at: string): string {
  const path = pathAt(at);
  if (path) return t("design.use.field", { name: path });
  const part = at.split("/")[1] ?? "";
  if (part === "views") return t("design.use.view", { name: titleOf({ ...(viewAt(form, at) ?? {}) }, at) });
  return t(`design.use.${["layout", "search", "facts", "unique", "indexes", "title_field", "record_owner", "lock"].includes(part) ? part : "form"}`);
}

function viewAt(form: Doc, at: string): Doc | null {
  const views = form["views"];
  const view = Array.isArray(views) ? views[Number(at.split("/")[2])] : null;
  return typeof view === "object" && view !== null && !Array.isArray(view) ? view : null;
}

function go(store: Store, at: string): void {
  const path = pathAt(at);
  if (path) store.select({ on: "field", path });
  else if (at.startsWith("/views")) location.hash = "views";
  else store.select({ on: "form" });
}
