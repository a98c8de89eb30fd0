import assert from "node:assert/strict";
import { test } from "node:test";
import { decide, merge } from "./merge.ts";

const base = { title: "Order", record: { required: ["a"], properties: { a: { title: "A" }, b: { title: "B" } } } };

test("what two people changed in different places is kept of both", () => {
  const mine = { ...base, record: { required: ["a", "c"], properties: { a: { title: "Mine" }, b: { title: "B" }, c: { title: "C" } } } };
  const theirs = { ...base, title: "Orders", record: { required: ["a", "d"], properties: { a: { title: "A" }, d: { title: "D" } } } };
  const merged = merge(base, mine, theirs);
  assert.deepEqual(merged.conflicts, []);
  assert.deepEqual(merged.doc, { title: "Orders", record: { required: ["a", "d", "c"], properties: { a: { title: "Mine" }, d: { title: "D" }, c: { title: "C" } } } });
});

test("what both changed is a conflict, theirs until decided for me", () => {
  const mine = { ...base, title: "Mine" };
  const theirs = { ...base, title: "Theirs" };
  const merged = merge(base, mine, theirs);
  assert.deepEqual(merged.conflicts.map((conflict) => conflict.at), ["/title"]);
  assert.equal(merged.doc["title"], "Theirs");
  assert.equal(decide(merged, new Set(["/title"]))["title"], "Mine");
});

test("a field that one removed and the other changed is a conflict", () => {
  const mine = { ...base, record: { ...base.record, properties: { a: { title: "A" } } } };
  const theirs = { ...base, record: { ...base.record, properties: { a: { title: "A" }, b: { title: "Changed" } } } };
  const merged = merge(base, mine, theirs);
  assert.deepEqual(merged.conflicts.map((conflict) => conflict.at), ["/record/properties/b"]);
  assert.deepEqual(decide(merged, new Set(["/record/properties/b"])), mine);
});
