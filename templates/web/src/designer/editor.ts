// One definition on the whole window: the bar with what is saved and undone, and below it the editor of its kind. The JSON lies beside it
// for every kind, edited both ways.

import { type Problem, call, reason } from "../base/api.ts";
import { debounce, find, h, icon, setCookie, url } from "../base/dom.ts";
import { isCommand, isTyping, onKey } from "../base/key.ts";
import { t } from "../base/text.ts";
import { failed } from "../base/toast.ts";
import { type Doc, text } from "./document.ts";
import { drawForm } from "./form.ts";
import { drawApp } from "./menu.ts";
import { JsonPane } from "./json-pane.ts";
import { drawOptions } from "./options.ts";
import { drawRole } from "./role.ts";
import { type State, Saver } from "./saving.ts";
import { type Fault, type Saving, Store, titleOf } from "./store.ts";
import { World } from "./world.ts";

/** What an editor of a kind gives to the frame around it. */
export interface Editor {
  element: HTMLElement;
  /** The steps of the bar. */
  steps?: HTMLElement;
  /** More buttons of the bar, before undo. */
  tools?: HTMLElement[];
}

export async function openEditor(root: HTMLElement): Promise<void> {
  const { app = "", kind = "", name = "", types = "" } = root.dataset;
  const answer = await call("GET", `/api/definitions/${kind}/${encodeURIComponent(name)}?app=${app}`);
  const body = find("#main", root) ?? root;
  const state = answer.ok ? (answer.body as State) : null;
  const doc = state?.draft ?? state?.published;
  if (!state || !doc) {
    body.replaceChildren(h("div", { class: "empty is-page" }, h("h2", {}, reason(answer))));
    return;
  }
  const store = new Store(doc, state.published);
  const world = new World(app);
  const frame = new Frame(root, store, world, state, types.split(" ").filter(Boolean));
  await frame.start(body);
  root.removeAttribute("aria-busy");
}

const SIGNS: Record<Saving, [string, string]> = {
  saved: ["circle-check", "design.saving.saved"],
  waiting: ["ellipsis", "design.saving.waiting"],
  saving: ["refresh-cw", "design.saving.saving"],
  faulty: ["triangle-alert", "design.saving.faulty"],
  failed: ["cloud-off", "design.saving.failed"],
};
/** For the sprite. */
export const BAR_ICONS = [{ icon: "circle-check" }, { icon: "ellipsis" }, { icon: "refresh-cw" }, { icon: "triangle-alert" }, { icon: "cloud-off" }];

class Frame {
  private readonly saver: Saver;
  private readonly mood = h("span", { class: "dz-saving", role: "status" });
  private readonly undo = h("button", { type: "button", class: "btn ghost icon", "aria-label": t("undo"), title: `${t("undo")} (Ctrl Z)`, "aria-keyshortcuts": "Control+Z" }, icon("undo-2"));
  private readonly redo = h("button", { type: "button", class: "btn ghost icon", "aria-label": t("design.redo"), title: `${t("design.redo")} (Ctrl Shift Z)`, "aria-keyshortcuts": "Control+Shift+Z" }, icon("redo-2"));
  private readonly count = h("span", { class: "n num" });
  private readonly json: JsonPane;
  private readonly check = debounce(900, () => void this.plan());
  private sequence = 0;

  constructor(
    private readonly root: HTMLElement,
    private readonly store: Store,
    private readonly world: World,
    private readonly state: State,
    private readonly offered: string[],
  ) {
    this.saver = new Saver(store, state, () => this.check());
    this.json = new JsonPane(store, state.kind);
    store.listen(() => this.drawBar());
    this.undo.addEventListener("click", () => store.undo());
    this.redo.addEventListener("click", () => store.redo());
    onKey(document, (event) => this.key(event));
  }

  async start(body: HTMLElement): Promise<void> {
    const editor = await editorOf(this.state.kind, this.store, this.world, this.offered);
    const toggle = h("button", { type: "button", class: "btn", "data-json-pane": true, "aria-pressed": "false", title: "JSON (Ctrl J)", "aria-keyshortcuts": "Control+J" }, icon("braces"), "JSON");
    toggle.addEventListener("click", () => void this.showJson(toggle));
    const publish = h("a", { class: "btn pri", href: url(`/design/${this.state.app}/publish`) }, h("span", {}, t("design.to_plan")), this.count);
    // whoever leaves by a link of this page leaves when his work is saved
    this.root.addEventListener("click", (event) => {
      const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[href]") : null;
      if (!link || this.store.saving === "saved" || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      // what cannot be saved is kept on the device, and the browser asks
      void this.saver.save().then(() => location.assign(link.href));
    });
    find("#design-tools", this.root)?.replaceChildren(this.mood, ...(editor.tools ?? []), this.undo, this.redo, toggle, publish);
    if (editor.steps) find("#design-steps", this.root)?.replaceChildren(editor.steps);
    body.replaceChildren(this.json.element, editor.element);
    body.addEventListener("click", (event) => {
      const link = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-json]") : null;
      if (!link) return;
      void this.showJson(toggle, true).then(() => this.json.go(link.dataset["json"] ?? ""));
    });
    this.drawBar();
    await this.saver.restore();
    if (document.cookie.includes("fw_design_json=1")) void this.showJson(toggle, true);
    this.check();
  }

  private async showJson(toggle: HTMLElement, open = toggle.getAttribute("aria-pressed") !== "true"): Promise<void> {
    toggle.setAttribute("aria-pressed", String(open));
    find("#main", this.root)?.classList.toggle("has-json", open);
    setCookie("fw_design_json", open ? "1" : "0");
    await this.json.show(open);
  }

  private key(event: KeyboardEvent): void {
    if (!isCommand(event)) return;
    const inCode = event.composedPath().some((place) => place instanceof HTMLElement && place.classList.contains("cm-editor"));
    const letter = event.key.toLowerCase();
    if (letter === "s") void this.saver.save();
    else if (letter === "j") find("[data-json-pane]", this.root)?.click();
    else if (inCode) return;
    else if (letter === "z" && !event.shiftKey) this.turn(event, () => this.store.undo());
    else if (letter === "y" || (letter === "z" && event.shiftKey)) this.turn(event, () => this.store.redo());
    else return;
    event.preventDefault();
  }

  /** In a text that was just typed in, undo is the whole designer's all the same: the text is a step of it. */
  private turn(event: KeyboardEvent, run: () => void): void {
    if (isTyping(event.target) && event.target instanceof HTMLElement) event.target.blur();
    run();
  }

  private drawBar(): void {
    const { store } = this;
    this.undo.disabled = !store.canUndo;
    this.redo.disabled = !store.canRedo;
    const [sign, words] = SIGNS[store.saving];
    this.mood.replaceChildren(icon(sign, "s"), h("span", {}, t(words, { count: store.faults.length })));
    this.mood.dataset["mood"] = store.saving;
    const title = titleOf(store.doc);
    const heading = find("#design-title", this.root);
    if (heading && heading.textContent !== title) heading.textContent = title;
  }

  /** What publishing the app would say now: how much would change, and what is still missing. */
  private async plan(): Promise<void> {
    const turn = ++this.sequence;
    const answer = await call("POST", "/api/publications/plan", { json: { app: this.state.app } });
    if (turn !== this.sequence || this.store.saving !== "saved") return;
    if (answer.ok) {
      const steps = (answer.body?.steps ?? []) as unknown[];
      this.count.textContent = steps.length > 0 ? String(steps.length) : "";
      this.store.find([]);
      return;
    }
    if (answer.status !== 422) {
      failed(reason(answer));
      return;
    }
    const { kind, app } = this.state;
    const all = (answer.body as Problem | null)?.errors ?? [];
    const own = all.filter((fault) => fault.definition?.kind === kind && fault.definition.name === text(this.store.doc, "/name") && (fault.definition.app ?? app) === app);
    this.count.textContent = "!";
    this.store.find(own.map((fault): Fault => ({ at: fault.field, message: fault.message })));
  }
}

async function editorOf(kind: string, store: Store, world: World, offered: string[]): Promise<Editor> {
  if (kind === "form") return drawForm(store, world, offered);
  if (kind === "options") return drawOptions(store);
  if (kind === "role") return drawRole(store, world);
  if (kind === "app") return drawApp(store, world);
  return drawPlain(store);
}

/** A kind without an editor of its own: its JSON is the editor. */
function drawPlain(store: Store): Editor {
  const doc: Doc = store.doc;
  return { element: h("div", { class: "dz-plain" }, h("p", { class: "sec" }, t("design.json_only", { title: titleOf(doc) }))) };
}
