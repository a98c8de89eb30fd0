//! Sample view models of every page, in both languages: what the gallery draws and the tests check. A file for each kind of page.

mod account;
mod company;
mod context;
mod control;
mod customer;
mod designer;
mod fault;
mod form;
mod home;
mod list;
mod people;
mod record;
mod sign_in;

pub use context::context;

use formwright_templates::{Locale, Page};

/// Words in two languages.
#[derive(Clone, Copy)]
pub struct Words(pub Locale);

impl Words {
    fn say(self, english: &str, chinese: &str) -> String {
        match self.0 {
            Locale::English => english.to_owned(),
            Locale::Chinese => chinese.to_owned(),
        }
    }
}

/// A page to draw: a name for the file, the path that is active in the navigation, whether somebody is signed in, the page.
pub type Drawn = (&'static str, &'static str, bool, Page);

/// Every page.
pub fn pages(w: Words) -> Vec<Drawn> {
    [
        sign_in::pages,
        designer::pages,
        home::pages,
        list::pages,
        record::pages,
        form::pages,
        account::pages,
        people::pages,
        company::pages,
        fault::pages,
    ]
    .into_iter()
    .flat_map(|pages| pages(w))
    .collect()
}
