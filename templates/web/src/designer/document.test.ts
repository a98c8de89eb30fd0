import assert from "node:assert/strict";
import { test } from "node:test";
import { get, insert, pointer, rename, same, set } from "./document.ts";

test("a value is set on a way that did not exist, and the old document stays as it was", () => {
  const doc = { a: { b: [1, 2] } };
  const next = set(doc, "/a/c/d", "x");
  assert.deepEqual(next, { a: { b: [1, 2], c: { d: "x" } } });
  assert.deepEqual(doc, { a: { b: [1, 2] } });
  assert.equal(next.a.b, doc.a.b);
});

test("undefined takes a member or an item away", () => {
  assert.deepEqual(set({ a: 1, b: [1, 2, 3] }, "/b/1", undefined), { a: 1, b: [1, 3] });
  assert.deepEqual(set({ a: 1 }, "/a", undefined), {});
  assert.deepEqual(set({ a: 1 }, "/x", undefined), { a: 1 });
  assert.deepEqual(set({ a: [1] }, "/a/1", 2), { a: [1, 2] });
});

test("keys with slashes and tildes are escaped both ways", () => {
  const at = pointer("x/y", "~z", 0);
  assert.equal(at, "/x~1y/~0z/0");
  assert.equal(get({ "x/y": { "~z": ["found"] } }, at), "found");
  assert.equal(get({}, "/constructor"), undefined);
});

test("members keep their places when renamed and stand where they are put", () => {
  assert.deepEqual(Object.keys(rename({ a: 1, b: 2, c: 3 }, "b", "x")), ["a", "x", "c"]);
  assert.deepEqual(Object.keys(insert({ a: 1, b: 2, c: 3 }, "c", 3, "a")), ["c", "a", "b"]);
  assert.deepEqual(Object.keys(insert({ a: 1 }, "b", 2, null)), ["a", "b"]);
});

test("documents are the same whatever the order of their members", () => {
  assert.ok(same({ a: 1, b: [{ c: null }] }, { b: [{ c: null }], a: 1 }));
  assert.ok(!same({ a: [1, 2] }, { a: [2, 1] }));
  assert.ok(!same({ a: 1 }, { b: 1 }));
});
