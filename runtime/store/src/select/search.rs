//! Full text: each phrase must be found in a field that the caller sees on that record.

use super::expression::Eyes;
use super::{At, Compiler};
use crate::dialect::Dialect;
use crate::error::StoreResult;
use crate::sql::SqlBuilder;
use formwright_core::fold::SearchPhrase;
use formwright_core::permission::Mask;
use formwright_core::query::Cond;

/// Search columns under one mask.
struct Group {
    /// `None`: shown on all rows.
    on: Option<Cond>,
    columns: Vec<usize>,
}

impl Compiler<'_> {
    fn search_groups(&self, form: usize) -> Vec<Group> {
        let access = self.access.access(form);
        let mut groups: Vec<Group> = Vec::new();
        for (i, field) in self.catalog.forms.get(form).map_or(&[][..], |f| &f.search).iter().enumerate() {
            let own = access.mask(field.field, None);
            let mask = field.column.map_or(own, |c| access.mask(field.field, Some(c)));
            let on = match (own, mask) {
                (Mask::Unknown, _) | (_, Mask::Unknown) => continue,
                (Mask::Shown, Mask::Shown) => None,
                (Mask::When { full, .. }, Mask::Shown) | (_, Mask::When { full, .. }) => Some(full.clone()),
            };
            match groups.iter_mut().find(|g| g.on == on) {
                Some(group) => group.columns.push(i),
                None => groups.push(Group { on, columns: vec![i] }),
            }
        }
        groups
    }

    /// Whether every search field is shown on all rows, so that one look into the index is enough.
    pub(crate) fn searches_plainly(&self, form: usize) -> bool {
        {
            let groups = self.search_groups(form);
            !groups.is_empty() && groups.iter().all(|g| g.on.is_none())
        }
    }

    /// For SQLite: the phrases as one query of the index, over the fields shown.
    pub(crate) fn match_text(&self, form: usize, phrases: &[SearchPhrase]) -> String {
        let columns: Vec<usize> = self.search_groups(form).into_iter().flat_map(|g| g.columns).collect();
        fts_query(&columns, phrases)
    }

    /// The record is found by all phrases.
    pub(crate) fn found(&self, at: &At, phrases: &[SearchPhrase]) -> StoreResult<SqlBuilder> {
        let groups = self.search_groups(at.form);
        let mut sql = self.dialect.sql();
        if groups.is_empty() {
            sql.push("1=0");
            return Ok(sql);
        }
        let search = &self.form(at.form)?.search;
        sql.push("(");
        for (i, phrase) in phrases.iter().enumerate() {
            if i > 0 {
                sql.push(" AND ");
            }
            sql.push("(");
            for (j, group) in groups.iter().enumerate() {
                if j > 0 {
                    sql.push(" OR ");
                }
                if let Some(on) = &group.on {
                    sql.push("(").append(self.condition(at, on, Eyes::True)?).push(" AND ");
                }
                sql.ident(&at.record).push(".\"rid\" IN (SELECT ");
                match self.dialect {
                    Dialect::Sqlite => {
                        sql.push("rowid FROM ")
                            .ident(search)
                            .push(" WHERE ")
                            .ident(search)
                            .push(" MATCH ")
                            .val(fts_query(&group.columns, std::slice::from_ref(phrase)));
                    }
                    Dialect::Postgres => {
                        sql.push("\"rid\" FROM ").ident(search).push(" WHERE ");
                        sql.append(self.any_column(&group.columns, phrase, None)?);
                    }
                }
                sql.push(")");
                if group.on.is_some() {
                    sql.push(")");
                }
            }
            sql.push(")");
        }
        sql.push(")");
        Ok(sql)
    }

    /// PostgreSQL: the phrase stands in one of the columns.
    fn any_column(
        &self,
        columns: &[usize],
        phrase: &SearchPhrase,
        alias: Option<&crate::sql::Ident>,
    ) -> StoreResult<SqlBuilder> {
        let mut sql = self.dialect.sql();
        sql.push("(");
        for (i, column) in columns.iter().enumerate() {
            if i > 0 {
                sql.push(" OR ");
            }
            let mut document = self.dialect.sql();
            if let Some(alias) = alias {
                document.ident(alias).push(".");
            }
            document.ident(&crate::sql::Ident::new(&format!("x{column}"))?);
            sql.append(self.dialect.full_text(document, &phrase.tokens, phrase.prefix));
        }
        sql.push(")");
        Ok(sql)
    }
}

/// `{x0 x1} : "胶合 合板"* AND …`: words are letters and digits only, so that nothing in them is syntax.
fn fts_query(columns: &[usize], phrases: &[SearchPhrase]) -> String {
    let names = columns.iter().map(|c| format!("x{c}")).collect::<Vec<_>>().join(" ");
    let word = |t: &String| t.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    phrases
        .iter()
        .map(|p| {
            format!(
                "{{{names}}} : \"{}\"{}",
                p.tokens.iter().map(word).collect::<Vec<_>>().join(" "),
                if p.prefix { " *" } else { "" }
            )
        })
        .collect::<Vec<_>>()
        .join(" AND ")
}
