//! The way to the next page of a list and back.

use crate::pages::asked::Listed;
use crate::pages::query::Query;
use formwright_templates::view::Pager;

/// Pages that "previous" remembers.
const MOST_BACK: usize = 20;

/// The cursors behind the reader stand in `back`, separated by commas; the first page's is empty and written as `0`.
pub(super) fn pager(asked: &Query, query: &Query, listed: &Listed, path: &str) -> Pager {
    let back: Vec<String> = asked.get("back").map(|b| b.split(',').map(str::to_string).collect()).unwrap_or_default();
    let here = asked.get("cursor");
    let next_href = listed.next.as_deref().map(|next| {
        let mut behind = back.clone();
        behind.push(here.unwrap_or("0").to_string());
        let behind = behind.split_off(behind.len().saturating_sub(MOST_BACK)).join(",");
        query.with("cursor", Some(next)).with("back", Some(&behind)).href(path)
    });
    let previous_href = here.and(back.split_last()).map(|(last, rest)| {
        let cursor = Some(last.as_str()).filter(|c| *c != "0");
        query.with("cursor", cursor).with("back", Some(&rest.join(","))).href(path)
    });
    Pager { first_href: here.map(|_| query.href(path)), previous_href, next_href }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn previous_goes_back_page_by_page_to_the_first() {
        let base = Query::parse("sort=-a");
        let listed = |next: &str| Listed { next: Some(next.to_string()), ..Listed::default() };
        let first = pager(&base, &base, &listed("c1"), "/forms/x");
        assert_eq!((first.first_href, first.previous_href), (None, None));
        let address = first.next_href.unwrap();
        assert_eq!(address, "/forms/x?sort=-a&cursor=c1&back=0");
        let second = pager(&Query::parse(address.split_once('?').unwrap().1), &base, &listed("c2"), "/forms/x");
        assert_eq!(second.previous_href.as_deref(), Some("/forms/x?sort=-a"));
        let address = second.next_href.unwrap();
        let third = pager(&Query::parse(address.split_once('?').unwrap().1), &base, &Listed::default(), "/forms/x");
        assert_eq!(third.previous_href.as_deref(), Some("/forms/x?sort=-a&cursor=c1&back=0"));
        assert_eq!(third.first_href.as_deref(), Some("/forms/x?sort=-a"));
        assert_eq!(third.next_href, None);
    }
}
