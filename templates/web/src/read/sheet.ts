// The clipboard of spreadsheets: tabbed text with quoted cells, as Excel, WPS and Google write it.

/** Rows of cells. A quoted cell may hold tabs, line breaks and doubled quotes; a line end after the last row is no row. */
export function readSheet(text: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let quoted = false;
  let index = 0;
  const endCell = () => {
    row.push(cell);
    cell = "";
  };
  const endRow = () => {
    endCell();
    rows.push(row);
    row = [];
  };
  while (index < text.length) {
    const char = text[index];
    if (quoted) {
      if (char === '"' && text[index + 1] === '"') {
        cell += '"';
        index += 1;
      } else if (char === '"') quoted = false;
      else cell += char;
    } else if (char === '"' && cell === "" && closes(text, index)) quoted = true;
    else if (char === "\t") endCell();
    else if (char === "\n" || char === "\r") {
      if (char === "\r" && text[index + 1] === "\n") index += 1;
      endRow();
    } else cell += char;
    index += 1;
  }
  if (cell !== "" || row.length > 0) endRow();
  return rows;
}

/** Whether a quote at the start of a cell is closed before a tab, a line end or the end of the text. */
function closes(text: string, start: number): boolean {
  for (let index = start + 1; index < text.length; index += 1) {
    if (text[index] !== '"') continue;
    if (text[index + 1] === '"') index += 1;
    else return index + 1 === text.length || /[\t\r\n]/.test(text[index + 1] ?? "");
  }
  return false;
}

/** Whether a pasted text is more than one cell. */
export function isSheet(text: string): boolean {
  return /\t/.test(text) || /\r?\n./.test(text);
}
