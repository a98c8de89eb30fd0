// What does not fit into the one line of a cell is counted, `+2`, instead of cut.
import { all, h } from "./dom.ts";

const LINE = ".tb td:not(.wrap) > .tags";

function fold(line: HTMLElement): void {
  line.querySelector(":scope > .tag.rest")?.remove();
  const parts = [...line.children].filter((part): part is HTMLElement => part instanceof HTMLElement);
  for (const part of parts) part.hidden = false;
  const top = parts[0]?.offsetTop ?? 0;
  const isIn = (part: HTMLElement): boolean => part.offsetTop === top;
  if (line.scrollHeight <= line.clientHeight || parts.every(isIn)) return;
  let kept = parts.filter(isIn).length;
  const rest = h("span", { class: "tag rest" });
  line.append(rest);
  for (; kept > 0; kept -= 1) {
    for (const part of parts.slice(kept)) part.hidden = true;
    rest.replaceChildren(`+${parts.length - kept}`, h("span", { class: "vh" }, parts.slice(kept).map((part) => part.textContent).join(", ")));
    if (isIn(rest) || kept === 1) return;
  }
}

/** Folds the lines of all tables on the page, again whenever a table changes its width. */
export function foldLines(): void {
  const tables = new Set(all<HTMLElement>(LINE).map((line) => line.closest<HTMLElement>("table")));
  const watch = new ResizeObserver((changes) => {
    for (const { target } of changes) for (const line of all<HTMLElement>(LINE, target)) fold(line);
  });
  for (const table of tables) if (table) watch.observe(table);
}
