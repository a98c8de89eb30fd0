// The sheet of keys: what `?` and the button in the top bar open. It names only what works on this page.

import { openDialog } from "./dialog.ts";
import { find, h } from "./dom.ts";
import { t } from "./text.ts";

interface Key {
  /** What it does, by the key of its text. */
  text: string;
  /** Pressed one after the other or together; `Ctrl` is ⌘ on a Mac. */
  press: string[];
  /** The key works where this is on the page; everywhere without. */
  where?: string;
}

const GROUPS: { text: string; keys: Key[] }[] = [
  {
    text: "keys.of_anywhere",
    keys: [
      { text: "keys.search", press: ["Ctrl", "K"] },
      { text: "keys.help", press: ["?"] },
      { text: "keys.close", press: ["Esc"] },
    ],
  },
  {
    text: "keys.of_page",
    keys: [
      { text: "keys.new", press: ["N"], where: '[data-key="n"]' },
      { text: "keys.find", press: ["/"], where: '[data-key="/"]' },
      { text: "keys.edit", press: ["E"], where: '[data-key="e"]' },
      { text: "keys.next", press: ["J"], where: '[data-key="j"]' },
      { text: "keys.previous", press: ["K"], where: '[data-key="k"]' },
      { text: "keys.range", press: ["Shift", "+"], where: "[data-one]" },
      { text: "keys.unselect", press: ["Esc"], where: "[data-one]" },
      { text: "keys.save", press: ["Ctrl", "S"], where: "#record-form" },
      { text: "keys.send", press: ["Ctrl", "Enter"], where: "[data-comment]" },
    ],
  },
  {
    text: "keys.of_choose",
    keys: [
      { text: "keys.open", press: ["↓"], where: "#record-form [role=combobox]" },
      { text: "keys.take", press: ["Enter"], where: "#record-form [role=combobox]" },
      { text: "keys.take_back", press: ["Backspace"], where: "#record-form [data-many]" },
    ],
  },
  {
    text: "keys.of_rows",
    keys: [
      { text: "keys.add", press: ["Enter"], where: "#record-form [data-add]" },
      { text: "keys.walk", press: ["↑", "↓"], where: "#record-form [data-add]" },
      { text: "keys.move", press: ["Alt", "↑"], where: "#record-form [data-add]" },
      { text: "keys.drop", press: ["Ctrl", "Backspace"], where: "#record-form [data-add]" },
      { text: "keys.paste", press: ["Ctrl", "V"], where: "#record-form [data-add]" },
    ],
  },
];

/** Opens the sheet; a second time does nothing. */
export function showKeys(): void {
  if (find("dialog[open]")) return;
  const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
  const named = (key: string) => (key === "Ctrl" && isMac ? "⌘" : key === "+" ? t("keys.click") : key);
  const groups = GROUPS.map((group) => ({ text: group.text, keys: group.keys.filter((key) => !key.where || find(key.where)) })).filter((group) => group.keys.length > 0);
  openDialog(
    t("keys.title"),
    h(
      "div",
      { class: "keys" },
      ...groups.map((group) =>
        h("section", {}, h("h3", {}, t(group.text)), h("dl", {}, ...group.keys.map((key) => h("div", {}, h("dt", {}, t(key.text)), h("dd", {}, ...key.press.map((one) => h("kbd", {}, named(one)))))))),
      ),
    ),
    groups.length > 1,
  );
}
