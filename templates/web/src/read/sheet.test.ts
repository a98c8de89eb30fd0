import assert from "node:assert/strict";
import { test } from "node:test";
import { isSheet, readSheet } from "./sheet.ts";

test("tabbed text becomes rows of cells", () => {
  assert.deepEqual(readSheet("a\tb\r\nc\td\r\n"), [["a", "b"], ["c", "d"]]);
  assert.deepEqual(readSheet("a\t\nb"), [["a", ""], ["b"]]);
  assert.deepEqual(readSheet(""), []);
});

test("quoted cells keep line breaks, tabs and quotes", () => {
  assert.deepEqual(readSheet('"a\nb"\t"say ""hi"""\n'), [["a\nb", 'say "hi"']]);
  assert.deepEqual(readSheet('5"\t6'), [['5"', "6"]]);
  assert.deepEqual(readSheet('"5 inch\tb'), [['"5 inch', "b"]]);
});

test("one line of text is not a sheet", () => {
  assert.equal(isSheet("plain"), false);
  assert.equal(isSheet("plain\n"), false);
  assert.equal(isSheet("a\tb"), true);
  assert.equal(isSheet("a\nb"), true);
});
