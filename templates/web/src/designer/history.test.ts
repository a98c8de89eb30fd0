import assert from "node:assert/strict";
import { test } from "node:test";
import { amend, begin, record, redo, undo } from "./history.ts";

test("any number of steps is undone and redone", () => {
  let history = begin(0);
  for (let step = 1; step <= 1000; step += 1) history = record(history, step);
  for (let step = 0; step < 1000; step += 1) history = undo(history);
  assert.equal(history.present, 0);
  assert.equal(undo(history), history);
  for (let step = 0; step < 998; step += 1) history = redo(history);
  assert.equal(history.present, 998);
});

test("typing into one control is one step, and the next control begins another", () => {
  let history = begin("");
  for (const typed of ["a", "ab", "abc"]) history = record(history, typed, "title");
  history = record(history, "abc!", "help");
  history = undo(history);
  assert.equal(history.present, "abc");
  history = undo(history);
  assert.equal(history.present, "");
});

test("a change after an undo ends what could be redone", () => {
  const history = record(undo(record(begin(1), 2)), 3);
  assert.equal(redo(history).present, 3);
  assert.equal(undo(history).present, 1);
});

test("what the server adds is no step of its own", () => {
  const history = amend(record(begin(1), 2), 20);
  assert.equal(history.present, 20);
  assert.equal(undo(history).present, 1);
});
