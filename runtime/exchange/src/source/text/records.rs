//! Records of delimited text: quoted fields with doubled quotes and line breaks, any line end, empty lines kept.

/// Steps through the records of a text. An error gives the number (from 0) of a record whose quotation never ends.
pub struct Records<'a> {
    rest: &'a str,
    delimiter: char,
    record: u64,
    failed: bool,
}

impl<'a> Records<'a> {
    /// Begins at the start of a text.
    pub fn new(text: &'a str, delimiter: char) -> Self {
        Self { rest: text, delimiter, record: 0, failed: false }
    }

    /// Reads one field and the mark behind it; false when the record ends there.
    fn field(&mut self, out: &mut String) -> Result<bool, ()> {
        if let Some(quoted) = self.rest.strip_prefix('"') {
            self.rest = quoted;
            loop {
                let end = self.rest.find('"').ok_or(())?;
                out.push_str(self.rest.get(..end).unwrap_or_default());
                self.rest = self.rest.get(end + 1..).unwrap_or_default();
                match self.rest.strip_prefix('"') {
                    Some(more) => {
                        out.push('"');
                        self.rest = more;
                    }
                    None => break,
                }
            }
        }
        // What stands outside quotes is taken as it is, quotation marks within it too.
        let delimiter = self.delimiter;
        let end = self.rest.find([delimiter, '\r', '\n']).unwrap_or(self.rest.len());
        out.push_str(self.rest.get(..end).unwrap_or_default());
        self.rest = self.rest.get(end..).unwrap_or_default();
        if let Some(more) = self.rest.strip_prefix(delimiter) {
            self.rest = more;
            return Ok(true);
        }
        self.rest =
            self.rest.strip_prefix("\r\n").or_else(|| self.rest.strip_prefix(['\r', '\n'])).unwrap_or(self.rest);
        Ok(false)
    }
}

impl Iterator for Records<'_> {
    type Item = Result<Vec<String>, u64>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() || self.failed {
            return None;
        }
        let mut fields = Vec::new();
        loop {
            let mut field = String::new();
            let more = self.field(&mut field);
            fields.push(field);
            match more {
                Ok(true) => {}
                Ok(false) => break,
                Err(()) => {
                    self.failed = true;
                    return Some(Err(self.record));
                }
            }
        }
        self.record += 1;
        Some(Ok(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Vec<String>> {
        Records::new(text, ',').map_while(Result::ok).collect()
    }

    #[test]
    fn records_are_divided_as_spreadsheets_do() {
        for (text, records) in [
            ("a,b\r\n1,2", vec![vec!["a", "b"], vec!["1", "2"]]),
            ("a,b\r1,2\r", vec![vec!["a", "b"], vec!["1", "2"]]),
            ("\"x\ny\",\"he said \"\"no\"\"\"\n", vec![vec!["x\ny", "he said \"no\""]]),
            ("a\n\nb", vec![vec!["a"], vec![""], vec!["b"]]),
            ("a,,\n", vec![vec!["a", "", ""]]),
            ("5\" pipe,x", vec![vec!["5\" pipe", "x"]]),
            ("\"a\"b,c", vec![vec!["ab", "c"]]),
        ] {
            assert_eq!(read(text), records, "{text:?}");
        }
    }

    #[test]
    fn a_quotation_that_never_ends_is_an_error_with_its_record() {
        assert_eq!(Records::new("a,b\n\"c,d\n", ',').last(), Some(Err(1)));
    }
}
