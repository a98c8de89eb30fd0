//! Where a reader may be sent after signing in: a path of this application and nothing else.

/// Longest path that is remembered.
const LONGEST: usize = 2000;

/// The path below the base, where `next` is one; `None` for anything that a browser could read as another place.
///
/// It must begin with one `/`, not with `//` or `/\`, hold no control character, space or backslash, and not lead back to signing in
/// or out. With a base path in front (as a script may send it) that is taken away.
pub fn local_path<'a>(next: &'a str, base: &str) -> Option<&'a str> {
    if next.len() > LONGEST || !is_plain(next) {
        return None;
    }
    let below = match next.strip_prefix(base) {
        Some(rest) if !base.is_empty() && (rest.is_empty() || rest.starts_with(['/', '?'])) => rest,
        _ => next,
    };
    let below = if below.is_empty() { "/" } else { below };
    let page = below.split(['?', '#']).next().unwrap_or_default();
    let leads_back = ["/sign-in", "/sign-out", "/invite", "/api", "/assets"]
        .iter()
        .any(|p| page == *p || page.strip_prefix(p).is_some_and(|rest| rest.starts_with('/')));
    (is_plain(below) && !leads_back && !page.split('/').any(|part| part == ".." || part == ".")).then_some(below)
}

fn is_plain(path: &str) -> bool {
    let mut rest = path.chars();
    rest.next() == Some('/')
        && !matches!(rest.next(), Some('/' | '\\'))
        && !path.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\' || c == '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_ours_is_kept_with_its_query() {
        for path in [
            "/",
            "/forms/customer",
            "/forms/customer?view=mine&filter=%7B%22a%22%3A1%7D",
            "/search?q=a",
            "/forms/a#history",
            "/forms/客户",
        ] {
            assert_eq!(local_path(path, ""), Some(path));
        }
        assert_eq!(local_path("/crm/forms/a", "/crm"), Some("/forms/a"));
        assert_eq!(local_path("/crm", "/crm"), Some("/"));
        assert_eq!(local_path("/crmx/forms/a", "/crm"), Some("/crmx/forms/a"));
        assert_eq!(local_path("/forms/a", "/crm"), Some("/forms/a"));
    }

    #[test]
    fn whatever_a_browser_could_read_as_another_place_leads_home() {
        let places = [
            "",
            "forms/a",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/ /evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "/\r\nLocation: https://evil.example",
            "https://evil.example",
            "https:evil.example",
            "HTTPS://evil.example/",
            "javascript:alert(1)",
            "data:text/html,x",
            "@evil.example",
            "?next=//evil.example",
            "#//evil.example",
            "/a\\b",
            "/\u{0}",
            "/\u{feff}/evil.example",
            "/../evil",
            "/forms/../../evil",
            "/./evil",
            "/sign-in?next=/sign-in",
            "/sign-out",
            "/api/session",
            "/invite/abc",
            " /forms/a",
        ];
        for place in places {
            assert_eq!(local_path(place, ""), None, "{place:?}");
            assert_eq!(local_path(place, "/crm"), None, "{place:?}");
        }
        assert_eq!(local_path("/crm//evil.example", "/crm"), None);
        assert_eq!(local_path("/crm/\\evil.example", "/crm"), None);
        assert_eq!(local_path(&format!("/{}", "a".repeat(3000)), ""), None);
    }
}
