// The designer: finds which of its pages this is and draws it.

import { find } from "./base/dom.ts";
import { openApp } from "./designer/app.ts";
import { openApps } from "./designer/apps.ts";
import { openEditor } from "./designer/editor.ts";
import { openPlan } from "./designer/plan.ts";
import { openRevisions } from "./designer/revisions.ts";

const SCREENS: Record<string, (root: HTMLElement) => Promise<void>> = { apps: openApps, app: openApp, editor: openEditor, plan: openPlan, revisions: openRevisions };

const root = find("#design");
const open = root && SCREENS[root.dataset["screen"] ?? ""];
if (root && open) void open(root);
