import assert from "node:assert/strict";
import { test } from "node:test";
import { text } from "./document.ts";
import { differences, placeWords, shown } from "./difference.ts";

test("each place that differs is one line", () => {
  const before = { title: "A", record: { properties: { a: { title: "x" }, gone: { type: "string" } } } };
  const after = { title: "A", record: { properties: { a: { title: "y" }, fresh: { type: "integer" } } } };
  assert.deepEqual(differences(before, after).map((one) => [one.what, one.at]), [
    ["changed", "/record/properties/a/title"],
    ["removed", "/record/properties/gone"],
    ["added", "/record/properties/fresh"],
  ]);
  assert.deepEqual(differences(before, before), []);
});

test("items with names are compared by name, moves are told, other lists as a whole", () => {
  const before = { views: [{ name: "a", sort: ["x"] }, { name: "b" }], search: ["x"] };
  const after = { views: [{ name: "b" }, { name: "a", sort: ["y"] }, { name: "c" }], search: ["x", "y"] };
  assert.deepEqual(differences(before, after).map((one) => [one.what, one.at]), [
    ["changed", "/views/1/sort"],
    ["added", "/views/2"],
    ["changed", "/views"],
    ["changed", "/search"],
  ]);
});

test("a place is told by the titles on the way", () => {
  const doc = { record: { properties: { a: { title: "Amount" } } } };
  assert.equal(placeWords(doc, "/record/properties/a/maximum", (one) => text(one, "/title")), "Amount › maximum");
  assert.equal(shown({ a: 1 }), '{"a":1}');
});
