// The document as JSON text, with completion and faults. Loaded when it is opened first. It lives in a shadow root: there the editor may
// adopt style sheets, which the page's security policy would otherwise not allow.

import { type Completion, type CompletionContext, type CompletionResult, autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { json, jsonParseLinter } from "@codemirror/lang-json";
import { HighlightStyle, bracketMatching, foldGutter, indentOnInput, syntaxHighlighting, syntaxTree } from "@codemirror/language";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import type { Value } from "./document.ts";
import { pointerAt, rangeOf } from "./json-place.ts";
import { type Suggestion, suggest } from "./json-schema.ts";
import type { Fault } from "./store.ts";

const theme = EditorView.theme({
  "&": { height: "100%", fontSize: "12px", backgroundColor: "var(--surface)", color: "var(--fg)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "18px" },
  ".cm-gutters": { backgroundColor: "var(--sunken)", color: "var(--fg-3)", borderRight: "1px solid var(--line)" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--hover)" },
  ".cm-cursor": { borderLeftColor: "var(--fg)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--accent-soft)" },
  ".cm-tooltip": { backgroundColor: "var(--surface)", color: "var(--fg)", border: "1px solid var(--line)", borderRadius: "6px", boxShadow: "var(--sh-3)" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
  ".cm-panels": { backgroundColor: "var(--sunken)", color: "var(--fg)" },
  ".cm-matchingBracket": { backgroundColor: "var(--accent-soft)" },
});

const colors = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--accent-fg)" },
  { tag: tags.string, color: "var(--ok)" },
  { tag: tags.number, color: "var(--warn)" },
  { tag: [tags.bool, tags.null], color: "var(--info)" },
]);

export interface Code {
  /** Shows another text without telling of a change. */
  show: (text: string) => void;
  /** Marks faults at their places. */
  mark: (faults: Fault[]) => void;
  /** Puts the cursor to the place of a pointer. */
  go: (pointer: string) => void;
  destroy: () => void;
}

/** Puts an editor into `host`. `changed` hears every text that is typed, `schema` is the kind's own. */
export function openCode(host: HTMLElement, text: string, label: string, schema: Value | null, changed: (text: string) => void): Code {
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  root.replaceChildren();
  let silent = false;
  let faults: Fault[] = [];
  const complete = (context: CompletionContext): CompletionResult | null => {
    if (!schema) return null;
    const word = context.matchBefore(/"?[\w$-]*/);
    if (!word || (word.from === word.to && !context.explicit)) return null;
    const place = pointerAt(context.state.doc.toString(), context.pos, syntaxTree(context.state).resolveInner(context.pos, -1));
    const options = suggest(schema, place).map((one: Suggestion): Completion => ({ label: one.label, detail: one.detail, type: one.isKey ? "property" : "constant", apply: one.text }));
    return options.length > 0 ? { from: word.from, options, filter: true } : null;
  };
  const view = new EditorView({
    parent: root,
    root,
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        foldGutter(),
        history(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        closeBrackets(),
        highlightActiveLine(),
        highlightSelectionMatches(),
        autocompletion({ override: [complete] }),
        lintGutter(),
        json(),
        syntaxHighlighting(colors),
        theme,
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": label }),
        keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, ...completionKeymap, indentWithTab]),
        EditorView.updateListener.of((update) => {
          if (!update.docChanged) return;
          if (!silent) changed(update.state.doc.toString());
          lint();
        }),
      ],
    }),
  });
  // scrolled by keys too
  view.scrollDOM.tabIndex = 0;
  const read = jsonParseLinter();
  const lint = () => {
    const broken = read(view);
    const found: Diagnostic[] = broken.length > 0 ? broken : faults.map((fault) => ({ ...(rangeOf(view.state.doc.toString(), fault.at) ?? { from: 0, to: 0 }), severity: "error", message: fault.message }));
    view.dispatch(setDiagnostics(view.state, found));
  };
  return {
    show: (next) => {
      if (next === view.state.doc.toString()) return;
      silent = true;
      const head = Math.min(view.state.selection.main.head, next.length);
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: next }, selection: { anchor: head } });
      silent = false;
    },
    mark: (next) => {
      faults = next;
      lint();
    },
    go: (pointer) => {
      const range = rangeOf(view.state.doc.toString(), pointer);
      if (!range) return;
      view.dispatch({ selection: { anchor: range.from, head: range.to }, effects: EditorView.scrollIntoView(range.from, { y: "center" }) });
      view.focus();
    },
    destroy: () => view.destroy(),
  };
}
