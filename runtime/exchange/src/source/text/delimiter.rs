//! The delimiter of a text file: said in its first line (`sep=;`) or found over its first records.

use super::records::Records;

const CANDIDATES: [char; 4] = [',', ';', '\t', '|'];

/// The delimiter that a first line `sep=;` names, and where the records begin behind it.
pub fn said(text: &str) -> (Option<char>, usize) {
    let end = text.find(['\r', '\n']).unwrap_or(text.len());
    let line = text.get(..end).unwrap_or_default().trim_matches('"');
    let Some(rest) = line.get(..4).filter(|word| word.eq_ignore_ascii_case("sep=")).and_then(|_| line.get(4..)) else {
        return (None, 0);
    };
    let mut chars = rest.chars();
    match (chars.next(), chars.next()) {
        (Some(delimiter), None) => {
            let rest = text.get(end..).unwrap_or_default();
            let skip = if rest.starts_with("\r\n") { 2 } else { usize::from(!rest.is_empty()) };
            (Some(delimiter), end + skip)
        }
        _ => (None, 0),
    }
}

/// The candidate that divides most of the first records into the same number of columns; a comma when none divides any.
pub fn found(text: &str) -> char {
    const RECORDS: usize = 100;
    let mut best = (',', 0_usize, 0_usize);
    for delimiter in CANDIDATES {
        let counts: Vec<usize> = Records::new(text, delimiter)
            .take(RECORDS)
            .map_while(Result::ok)
            .filter(|fields| fields.iter().any(|field| !field.trim().is_empty()))
            .map(|fields| fields.len())
            .collect();
        let mut sorted = counts.clone();
        sorted.sort_unstable();
        let usual = sorted
            .chunk_by(|a, b| a == b)
            .filter(|run| run.first().is_some_and(|columns| *columns > 1))
            .max_by_key(|run| (run.len(), run.first().copied()));
        let (agreeing, columns) = usual.map_or((0, 0), |run| (run.len(), run.first().copied().unwrap_or(0)));
        if (agreeing, columns) > (best.1, best.2) {
            best = (delimiter, agreeing, columns);
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delimiters_are_found_over_quoted_records() {
        for (text, delimiter) in [
            ("a,b\n1,2\n", ','),
            ("a;b\n\"x,y,z\";2\n\"q,r\";3", ';'),
            ("a\tb\n1,5\t2\n", '\t'),
            ("name|amount\nx|1,000\ny|2,000", '|'),
            ("only one column\nof text", ','),
            ("a;b;c\n1,5;2,5;3,5\n", ';'),
        ] {
            assert_eq!(found(text), delimiter, "{text}");
        }
    }

    #[test]
    fn a_line_that_names_the_delimiter_is_obeyed_and_skipped() {
        assert_eq!(said("sep=;\r\na;b"), (Some(';'), 7));
        assert_eq!(said("SEP=\t\na"), (Some('\t'), 6));
        assert_eq!(said("\"sep=|\"\na"), (Some('|'), 8));
        assert_eq!(said("september,b"), (None, 0));
        assert_eq!(said("sep=abc"), (None, 0));
    }
}
