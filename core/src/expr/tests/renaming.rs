//! Renaming keeps everything but the names.

use crate::expr::{rename, rename_texts};

#[test]
fn only_the_letters_of_the_name_change() {
    let source = " SUM( lines.amount )/*amount*/ *  (amount) & \"amount\" // amount\n+ customer.amount";
    let renamed =
        rename(source, |path| (path == ["amount"] || path == ["lines", "amount"]).then(|| "total".to_string()))
            .unwrap();
    assert_eq!(renamed, " SUM( lines.total )/*amount*/ *  (total) & \"amount\" // amount\n+ customer.amount");
}

#[test]
fn a_part_within_a_path_is_renamed_too() {
    let renamed = rename("客户.owner.name & parent.x", |path| match path {
        ["客户"] => Some("customer".to_string()),
        ["客户", "owner"] => Some("seller".to_string()),
        _ => None,
    });
    assert_eq!(renamed.unwrap(), "customer.seller.name & parent.x");
    assert!(rename("a +", |_| None).is_err());
}

#[test]
fn texts_are_changed_where_a_choice_changes() {
    let changed = rename_texts("IF(grade=\"A\" , “A”, \"B\")", |t| (t == "A").then(|| "top \"1\"".to_string()));
    assert_eq!(changed.unwrap(), "IF(grade=\"top \"\"1\"\"\" , \"top \"\"1\"\"\", \"B\")");
}

#[test]
fn a_choice_keeps_its_meaning_where_it_is_compared_and_other_texts_stay() {
    let values = std::collections::HashMap::from([("A".to_string(), "top".to_string())]);
    let recode = |source| crate::expr::recode(source, |path| (path == ["grade"]).then_some(&values)).unwrap();
    assert_eq!(
        recode("IF(grade = \"A\" , \"A\", SWITCH(grade, \"A\", \"A\", \"B\", t <> \"A\" ))"),
        "IF(grade = \"top\" , \"A\", SWITCH(grade, \"top\", \"A\", \"B\", t <> \"A\" ))"
    );
}
