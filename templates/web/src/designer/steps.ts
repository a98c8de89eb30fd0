// The steps of an editor: which of its views is shown.

import { h } from "../base/dom.ts";
import { t } from "../base/text.ts";

export interface Step {
  key: string;
  element: HTMLElement;
  /** Draws it anew when it is opened. */
  open?: () => void;
}

/** A row of buttons that show one of several elements; the address remembers which. */
export function makeSteps(steps: Step[], label: string): { bar: HTMLElement; show: (key: string) => void } {
  const bar = h("div", { class: "seg", role: "group", "aria-label": label });
  const show = (key: string) => {
    for (const step of steps) {
      step.element.hidden = step.key !== key;
      bar.querySelector(`[data-step="${step.key}"]`)?.setAttribute("aria-pressed", String(step.key === key));
    }
    steps.find((step) => step.key === key)?.open?.();
  };
  bar.append(
    ...steps.map((step) =>
      h("button", {
        type: "button",
        "data-step": step.key,
        "aria-pressed": "false",
        onclick: () => {
          history.replaceState(null, "", `#${step.key}`);
          show(step.key);
        },
      }, t(`design.step.${step.key}`)),
    ),
  );
  const asked = location.hash.slice(1);
  show(steps.some((step) => step.key === asked) ? asked : (steps[0]?.key ?? ""));
  addEventListener("hashchange", () => steps.some((step) => step.key === location.hash.slice(1)) && show(location.hash.slice(1)));
  return { bar, show };
}
