//! Markdown of texts as HTML that may stand on a page.

use ammonia::Builder;
use pulldown_cmark::{Options, Parser, html};
use std::collections::HashSet;
use std::sync::LazyLock;

const TAGS: [&str; 25] = [
    "p",
    "br",
    "hr",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "strong",
    "em",
    "del",
    "code",
    "pre",
    "blockquote",
    "ul",
    "ol",
    "li",
    "a",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
];

/// What may stay: text structure and links to outside addresses. No pictures, no raw HTML, nothing with a style.
static CLEANER: LazyLock<Builder<'static>> = LazyLock::new(|| {
    let mut builder = Builder::empty();
    builder
        .tags(HashSet::from(TAGS))
        .add_tag_attributes("a", ["href"])
        .url_schemes(HashSet::from(["http", "https", "mailto", "tel"]))
        .url_relative(ammonia::UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer nofollow"));
    builder
});

/// Cleaned HTML of a markdown text.
pub fn to_html(text: &str) -> String {
    let parser = Parser::new_ext(text, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH);
    let mut out = String::with_capacity(text.len() * 2);
    html::push_html(&mut out, parser);
    CLEANER.clean(&out).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structure_stays_and_whatever_could_run_goes() {
        assert_eq!(
            to_html("**T/T** 30 %\n\n- FOB").replace('\n', ""),
            "<p><strong>T/T</strong> 30 %</p><ul><li>FOB</li></ul>"
        );
        let hostile = [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "[x](javascript:alert(1))",
            "[x](data:text/html,x)",
            "![x](https://evil.example/p.png)",
            "<a href=\"https://a\" onclick=\"x\" style=\"x\">a</a>",
            "<svg onload=alert(1)>",
            "<style>*{}</style>",
            "[x](//evil.example)",
        ];
        for text in hostile {
            let html = to_html(text);
            for bad in ["<script", "<img", "javascript:", "data:", "onerror", "onclick", "style", "<svg", "\"//"] {
                assert!(!html.contains(bad), "{text}: {html}");
            }
        }
        assert!(to_html("[a](https://a.example)").contains("rel=\"noopener noreferrer nofollow\""));
    }
}
