//! The encoding of a text file: its byte-order mark, else strict UTF-8, else GB18030, else what its bytes look like.

use crate::messages::Code;
use crate::notice::FileFault;
use crate::source::sniff::too_many;
use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, GB18030, UTF_8};

/// Decoded text.
pub struct Decoded {
    pub text: String,
    pub encoding: &'static str,
    pub marked: bool,
}

/// Decodes bytes, by the given label or as found.
///
/// # Errors
/// `encoding_unknown`, `text_invalid` naming the encoding that was tried.
pub fn decode(bytes: &[u8], label: Option<&str>) -> Result<Decoded, FileFault> {
    if let Some((encoding, length)) = Encoding::for_bom(bytes)
        && (label.is_none() || encoding != UTF_8)
    {
        return strict(encoding, bytes.get(length..).unwrap_or_default(), true);
    }
    if let Some(label) = label {
        let encoding = Encoding::for_label(label.trim().as_bytes())
            .ok_or_else(|| FileFault::new(Code::EncodingUnknown).with("encoding", label))?;
        let (start, marked) =
            if bytes.starts_with(b"\xef\xbb\xbf") && encoding == UTF_8 { (3, true) } else { (0, false) };
        return strict(encoding, bytes.get(start..).unwrap_or_default(), marked);
    }
    if let Ok(decoded) = strict(UTF_8, bytes, false) {
        return Ok(decoded);
    }
    if let Ok(decoded) = strict(GB18030, bytes, false) {
        return Ok(decoded);
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes.get(..1_048_576).unwrap_or(bytes), true);
    strict(detector.guess(None, Utf8Detection::Deny), bytes, false)
}

fn strict(encoding: &'static Encoding, bytes: &[u8], marked: bool) -> Result<Decoded, FileFault> {
    let invalid = || FileFault::new(Code::TextInvalid).with("encoding", encoding.name());
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes).ok_or_else(invalid)?;
    // two bytes a letter: many zeros say that the halves are not where we think. Stray ones are taken out of their cells later.
    if [encoding_rs::UTF_16LE, encoding_rs::UTF_16BE].contains(&encoding) {
        let zeros = text.bytes().filter(|byte| *byte == 0).count();
        if zeros > 0 && too_many(zeros, text.chars().count()) {
            return Err(invalid());
        }
    }
    Ok(Decoded { text: text.into_owned(), encoding: encoding.name(), marked })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn encodings_are_found_and_obeyed() {
        let gb = GB18030.encode("公司名称,国家").0;
        let big5 = Encoding::for_label(b"big5").unwrap().encode("公司名稱,國家").0;
        let mut utf16 = vec![0xff, 0xfe];
        utf16.extend("公司\tx".encode_utf16().flat_map(u16::to_le_bytes));
        for (bytes, label, encoding, text) in [
            ("公司".as_bytes(), None, "UTF-8", "公司"),
            ("\u{feff}公司".as_bytes(), None, "UTF-8", "公司"),
            (&gb[..], None, "gb18030", "公司名称,国家"),
            (&big5[..], Some("big5"), "Big5", "公司名稱,國家"),
            (&utf16[..], None, "UTF-16LE", "公司\tx"),
            (b"M\xfcller", Some("windows-1252"), "windows-1252", "Müller"),
        ] {
            let decoded = decode(bytes, label).unwrap();
            assert_eq!((decoded.encoding, decoded.text.as_str()), (encoding, text));
        }
    }

    #[test]
    fn what_cannot_be_decoded_is_refused() {
        assert_eq!(decode(b"\xff\xfea", None).err().map(|fault| fault.code()), Some(Code::TextInvalid));
        assert_eq!(
            decode("公".as_bytes(), Some("klingon")).err().map(|fault| fault.code()),
            Some(Code::EncodingUnknown)
        );
        assert_eq!(decode(b"\xff\xfea\0\0\0\0\0", None).err().map(|fault| fault.code()), Some(Code::TextInvalid));
    }
}
