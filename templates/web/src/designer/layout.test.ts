import assert from "node:assert/strict";
import { test } from "node:test";
import { addEntry, layoutOf, moveEntry, moveField, order, placeOf, putField, removeEntry, setSpan, stepOf, takeField } from "./layout.ts";

const layout = [
  { section: "a", fields: ["x", { field: "y", span: 2 }] },
  { tab: "t", content: [{ section: "b", fields: ["z"] }] },
  { related: { form: "o", via: "c" } },
];

test("a form without a layout shows all its fields in one section", () => {
  assert.deepEqual(order(layoutOf({ record: { properties: { a: {}, b: {} } } })), ["a", "b"]);
});

test("a field is found, moved within its section and into a section of a tab, and keeps its width", () => {
  assert.deepEqual(placeOf(layout, "z"), { at: [1, 0], index: 0 });
  assert.deepEqual(order(moveField(layout, "x", { at: [0], index: 2 })), ["y", "x", "z"]);
  const moved = moveField(layout, "y", { at: [1, 0], index: 0 });
  assert.deepEqual(order(moved), ["x", "y", "z"]);
  assert.deepEqual(moved[1], { tab: "t", content: [{ section: "b", fields: [{ field: "y", span: 2 }, "z"] }] });
});

test("steps lead through sections and end at the ends", () => {
  assert.deepEqual(stepOf(layout, "x", 1), { at: [0], index: 2 });
  assert.deepEqual(stepOf(layout, "y", 1), { at: [1, 0], index: 0 });
  assert.deepEqual(stepOf(layout, "z", -1), { at: [0], index: 2 });
  assert.equal(stepOf(layout, "x", -1), null);
  assert.equal(stepOf(layout, "z", 1), null);
});

test("a section that goes leaves its fields on the form", () => {
  assert.deepEqual(order(removeEntry(layout, [0])), ["z", "x", "y"]);
  assert.deepEqual(order(removeEntry(layout, [1])), ["x", "y", "z"]);
  assert.deepEqual(order(takeField(layout, "y")), ["x", "z"]);
});

test("entries are added behind others and moved among their neighbours", () => {
  const added = addEntry(layout, { section: "c", fields: [] }, [1, 0]);
  assert.deepEqual(added.at, [1, 1]);
  const moved = moveEntry(added.layout, [1, 1], -1);
  assert.deepEqual(moved.at, [1, 0]);
  assert.deepEqual(order(putField(moved.layout, "n", { at: [1, 0], index: 0 })), ["x", "y", "n", "z"]);
});

test("a width is written and forgotten", () => {
  assert.deepEqual(setSpan(layout, "x", 2)[0], { section: "a", fields: [{ field: "x", span: 2 }, { field: "y", span: 2 }] });
  assert.deepEqual(setSpan(layout, "y", 1)[0], { section: "a", fields: ["x", "y"] });
});
