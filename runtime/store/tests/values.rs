//! All kinds of values, and no value of each, come back as they were written, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use formwright_store::{DateUnit, Dialect, Direction, Ident, Kind, Snapshot, StoreError, Val};
use support::{number, on_both, run};
use uuid::Uuid;

const KINDS: [Kind; 11] = [
    Kind::Text,
    Kind::Int,
    Kind::Bool,
    Kind::Dec(2),
    Kind::Dec(9),
    Kind::Date,
    Kind::Time,
    Kind::Ts,
    Kind::Json,
    Kind::Uuid,
    Kind::Bytes,
];

fn column(at: usize) -> Ident {
    Ident::new(&format!("c{at}")).unwrap()
}

async fn create(db: &formwright_store::Db) {
    let mut sql = db.dialect().sql();
    sql.push("CREATE TABLE kinds (id ");
    db.dialect().column_type(Kind::Int, &mut sql);
    for (at, kind) in KINDS.into_iter().enumerate() {
        sql.push(", ").ident(&column(at)).push(" ");
        db.dialect().column_type(kind, &mut sql);
    }
    sql.push(")").push(db.dialect().table_options());
    let sql = sql.build().once();
    db.write_alone(move |tx| Box::pin(async move { tx.execute(&sql).await })).await.unwrap();
}

async fn insert(db: &formwright_store::Db, id: i64, row: Vec<Val>) -> Result<u64, StoreError> {
    let mut sql = db.dialect().sql();
    sql.push("INSERT INTO kinds VALUES (").val(id).push(", ").vals(row).push(")");
    let sql = sql.build();
    db.write(move |tx| Box::pin(async move { tx.execute(&sql).await })).await
}

fn rows() -> Vec<(Vec<Val>, &'static str)> {
    let decimal = |text: &str| text.parse().unwrap();
    let first = vec![
        Val::text("名 \"x\"\n\u{1}🙂"),
        Val::Int(i64::MIN),
        Val::Bool(true),
        Val::Dec(decimal("-9999999999999999.99"), 2),
        Val::Dec(decimal("0.000000001"), 9),
        Val::Date("0001-01-01".parse().unwrap()),
        Val::Time(86_399_999_999),
        Val::Ts("1969-12-31T23:59:59.999999Z".parse().unwrap()),
        Val::Json("{\"b\": 1.10, \"a\": 123456789012345678901234567890.5}".into()),
        Val::Uuid(Uuid::from_u128(0x0192_3456_789a_7bcd_8e0f_0123_4567_89ab)),
        Val::Bytes(vec![0, 255, 10]),
    ];
    let second = vec![
        Val::text(""),
        Val::Int(0),
        Val::Bool(false),
        Val::Dec(decimal("12.5"), 2),
        Val::Dec(decimal("-7"), 9),
        Val::Date("9999-12-31".parse().unwrap()),
        Val::Time(0),
        Val::Ts("2026-11-20T08:30:00Z".parse().unwrap()),
        Val::Json("[]".into()),
        Val::Uuid(Uuid::nil()),
        Val::Bytes(vec![]),
    ];
    vec![
        (
            first,
            r#""名 \"x\"\n\u0001🙂",-9223372036854775808,true,-9999999999999999.99,0.000000001,"0001-01-01","23:59:59.999999","1969-12-31T23:59:59.999999Z",{"b": 1.10, "a": 123456789012345678901234567890.5},"01923456-789a-7bcd-8e0f-0123456789ab","AP8K""#,
        ),
        (
            second,
            r#""",0,false,12.5,-7,"9999-12-31","00:00:00","2026-11-20T08:30:00Z",[],"00000000-0000-0000-0000-000000000000","""#,
        ),
        (KINDS.map(Val::Null).to_vec(), "null,null,null,null,null,null,null,null,null,null,null"),
    ]
}

#[test]
fn every_kind_comes_back_as_it_was_written() {
    on_both(|db| async move {
        create(&db).await;
        let rows = rows();
        for (id, (row, _)) in (0i64..).zip(&rows) {
            insert(&db, id, row.clone()).await.unwrap();
        }
        let mut tx = db.reader(Snapshot::No).await.unwrap();
        let mut sql = tx.sql();
        sql.push("SELECT ").list(", ", 0..KINDS.len(), |sql, at| {
            sql.ident(&column(at));
        });
        sql.push(" FROM kinds ORDER BY id");
        let read = tx
            .all(&sql.build(), |row| {
                let mut json = Vec::new();
                let mut values = Vec::new();
                for (at, kind) in KINDS.into_iter().enumerate() {
                    if at > 0 {
                        json.push(b',');
                    }
                    row.write_json(at, kind, &mut json)?;
                    values.push(row.val(at, kind)?);
                }
                Ok((values, String::from_utf8(json).unwrap()))
            })
            .await
            .unwrap();
        let expected: Vec<(Vec<Val>, String)> = rows.into_iter().map(|(row, json)| (row, json.to_owned())).collect();
        assert_eq!(read, expected);
    });
}

#[test]
fn each_value_finds_its_row_as_argument_and_as_literal() {
    on_both(|db| async move {
        create(&db).await;
        let (row, _) = rows().swap_remove(0);
        insert(&db, 0, row.clone()).await.unwrap();
        for (at, value) in row.into_iter().enumerate() {
            let mut bound = db.dialect().sql();
            bound.push("SELECT count(*) FROM kinds WHERE ").ident(&column(at)).push(" = ").val(value.clone());
            let mut inline = db.dialect().sql();
            inline.push("SELECT count(*) FROM kinds WHERE ").ident(&column(at)).push(" = ");
            inline.literal(&value).unwrap();
            let mut tx = db.reader(Snapshot::No).await.unwrap();
            for sql in [bound, inline] {
                assert_eq!(tx.one(&sql.build(), |row| row.int(0)).await, Ok(Some(1)), "{value:?}");
            }
        }
    });
}

#[test]
fn what_one_database_could_not_keep_is_refused_by_both() {
    on_both(|db| async move {
        create(&db).await;
        let nulls = KINDS.map(Val::Null).to_vec();
        for (at, bad) in [
            (0, Val::text("a\0b")),
            (3, Val::Dec("1.005".parse().unwrap(), 2)),
            (3, Val::Dec("10000000000000000".parse().unwrap(), 2)),
            (5, Val::Date("+10000-01-01".parse().unwrap())),
            (6, Val::Time(86_400_000_000)),
        ] {
            let mut row = nulls.clone();
            row[at] = bad.clone();
            let result = insert(&db, 0, row).await;
            assert!(matches!(result, Err(StoreError::Value(_))), "{bad:?}: {result:?}");
        }
        assert_eq!(number(&db, "SELECT count(*) FROM kinds").await, 0);
    });
}

#[test]
fn text_is_ordered_bytewise_and_empties_come_last_ascending_first_descending() {
    on_both(|db| async move {
        create(&db).await;
        for (id, text) in (0i64..).zip(["b", "Z", "é", "a", "中", "🙂"]) {
            let mut row = KINDS.map(Val::Null).to_vec();
            row[0] = Val::text(text);
            insert(&db, id, row).await.unwrap();
        }
        insert(&db, 9, KINDS.map(Val::Null).to_vec()).await.unwrap();
        for direction in [Direction::Ascending, Direction::Descending] {
            let mut tx = db.reader(Snapshot::No).await.unwrap();
            let mut sql = tx.sql();
            sql.push("SELECT c0 FROM kinds ORDER BY ");
            let mut term = tx.sql();
            term.push("c0");
            db.dialect().order_term(term, direction, true, &mut sql);
            let found = tx.all(&sql.build(), |row| Ok(row.text(0)?.unwrap_or("-").to_owned())).await.unwrap();
            let mut expected = ["Z", "a", "b", "é", "中", "🙂", "-"];
            if direction == Direction::Descending {
                expected.reverse();
            }
            assert_eq!(found, expected);
        }
    });
}

#[test]
fn search_in_text_takes_every_letter_literally() {
    on_both(|db| async move {
        create(&db).await;
        let texts = ["100%_a\\b", "100xxa", "中文名称", "文", "", "a'b"];
        for (id, text) in (0i64..).zip(texts) {
            let mut row = KINDS.map(Val::Null).to_vec();
            row[0] = Val::text(text);
            insert(&db, id, row).await.unwrap();
        }
        let dialect = db.dialect();
        for needle in ["%", "_", "\\", "100", "100%_", "a\\b", "文", "文名", "中", "称", "", "a'b", "'", "zzzzzzzzzz"]
        {
            type Test = (
                fn(Dialect, formwright_store::SqlBuilder, &str) -> formwright_store::SqlBuilder,
                fn(&str, &str) -> bool,
            );
            let tests: [Test; 3] = [
                (Dialect::contains, |text, needle| text.contains(needle)),
                (Dialect::starts, |text, needle| text.starts_with(needle)),
                (Dialect::ends, |text, needle| text.ends_with(needle)),
            ];
            for (build, holds) in tests {
                let mut text = dialect.sql();
                text.push("c0");
                let mut sql = dialect.sql();
                sql.push("SELECT c0 FROM kinds WHERE ").append(build(dialect, text, needle)).push(" ORDER BY id");
                let mut tx = db.reader(Snapshot::No).await.unwrap();
                let found = tx.all(&sql.build(), |row| Ok(row.text(0)?.unwrap_or("-").to_owned())).await.unwrap();
                let expected: Vec<&str> = texts.into_iter().filter(|text| holds(text, needle)).collect();
                assert_eq!(found, expected, "{needle}");
            }
        }
    });
}

#[test]
fn days_fall_into_the_same_buckets_on_both() {
    on_both(|db| async move {
        let dialect = db.dialect();
        for (value, offset, unit, expected) in [
            (Val::Date("2026-11-20".parse().unwrap()), 0, DateUnit::Day, "2026-11-20"),
            (Val::Date("2026-11-20".parse().unwrap()), 0, DateUnit::Week(1), "2026-11-16"),
            (Val::Date("2026-11-22".parse().unwrap()), 0, DateUnit::Week(1), "2026-11-16"),
            (Val::Date("2026-11-22".parse().unwrap()), 0, DateUnit::Week(0), "2026-11-22"),
            (Val::Date("2026-11-20".parse().unwrap()), 0, DateUnit::Month, "2026-11-01"),
            (Val::Date("2026-11-20".parse().unwrap()), 0, DateUnit::Quarter, "2026-10-01"),
            (Val::Date("2026-03-31".parse().unwrap()), 0, DateUnit::Quarter, "2026-01-01"),
            (Val::Date("2026-11-20".parse().unwrap()), 0, DateUnit::Year, "2026-01-01"),
            (Val::Ts("2026-11-30T16:00:00Z".parse().unwrap()), 480, DateUnit::Day, "2026-12-01"),
            (Val::Ts("2026-11-30T15:59:59.999999Z".parse().unwrap()), 480, DateUnit::Month, "2026-11-01"),
            (Val::Ts("2026-12-31T16:00:00Z".parse().unwrap()), 480, DateUnit::Quarter, "2027-01-01"),
            (Val::Ts("1969-12-31T23:59:59.5Z".parse().unwrap()), 0, DateUnit::Day, "1969-12-31"),
            (Val::Ts("2026-01-01T02:00:00Z".parse().unwrap()), -180, DateUnit::Year, "2025-01-01"),
        ] {
            let kind = value.kind();
            let mut sql = dialect.sql();
            sql.push("SELECT ").append(dialect.date_bucket(dialect.typed(value.clone()), kind, unit, offset));
            let mut tx = db.reader(Snapshot::No).await.unwrap();
            let day = tx.one(&sql.build(), |row| row.date(0)).await.unwrap().unwrap();
            assert_eq!(day.to_string(), expected, "{value:?} {unit:?}");
        }
    });
}

#[test]
fn sums_and_roundings_are_exact() {
    on_both(|db| async move {
        create(&db).await;
        let dialect = db.dialect();
        for id in 0..12 {
            let mut row = KINDS.map(Val::Null).to_vec();
            row[3] = Val::Dec("9999999999999999.99".parse().unwrap(), 2);
            insert(&db, id, row).await.unwrap();
        }
        let part = |text: &'static str| {
            let mut sql = dialect.sql();
            sql.push(text);
            sql
        };
        let mut tx = db.reader(Snapshot::No).await.unwrap();
        let mut sql = dialect.sql();
        sql.push("SELECT ").append(dialect.sum_wide(part("c3"))).push(" FROM kinds");
        let sum = tx.one(&sql.build(), |row| row.wide_sum(0, 2)).await.unwrap().unwrap();
        assert_eq!(sum.to_string(), "119999999999999999.88");
        if dialect == Dialect::Sqlite {
            let mut sql = dialect.sql();
            sql.push("SELECT ").append(dialect.sum(part("c3"))).push(" FROM kinds");
            assert_eq!(tx.one(&sql.build(), |row| row.int(0)).await, Err(StoreError::SumOverflow));
        }
        for (number, expected) in
            [("2.345", "2.35"), ("-2.345", "-2.35"), ("2.344", "2.34"), ("-0.005", "-0.01"), ("0.004", "0")]
        {
            let value = dialect.typed(Val::Dec(number.parse().unwrap(), 3));
            let mut sql = dialect.sql();
            sql.push("SELECT ").append(dialect.rescale(value, 3, 2).unwrap());
            let rounded = tx.one(&sql.build(), |row| row.dec(0, 2)).await.unwrap().unwrap();
            assert_eq!(rounded.to_string(), expected, "{number}");
        }
    });
}

#[test]
fn elements_and_members_of_json_are_reached() {
    on_both(|db| async move {
        let dialect = db.dialect();
        let mut tx = db.reader(Snapshot::No).await.unwrap();
        let mut sql = dialect.sql();
        let alias = Ident::new("e").unwrap();
        let array = dialect.typed(Val::Json("[\"b\",\"a\",\"中\"]".into()));
        sql.push("SELECT e.\"value\" FROM ").append(dialect.json_elements(array, &alias)).push(" ORDER BY 1");
        let found = tx.all(&sql.build(), |row| Ok(row.text(0)?.unwrap_or("-").to_owned())).await.unwrap();
        assert_eq!(found, ["a", "b", "中"]);
        for (key, expected) in [("n", Some("1.5")), ("$.n", Some("x")), ("none", None)] {
            let mut sql = dialect.sql();
            let object = dialect.typed(Val::Json("{\"n\": 1.5, \"$.n\": \"x\"}".into()));
            sql.push("SELECT ").append(dialect.json_member(object, key));
            let found = tx.one(&sql.build(), |row| Ok(row.text(0)?.map(str::to_owned))).await.unwrap();
            assert_eq!(found.as_deref(), expected, "{key}");
        }
    });
}

#[test]
fn full_text_finds_words_behind_each_other_and_the_beginning_of_the_last() {
    on_both(|db| async move {
        let dialect = db.dialect();
        if dialect == Dialect::Sqlite {
            run(&db, "CREATE VIRTUAL TABLE docs USING fts5(words, content='', contentless_delete=1)").await.unwrap();
            run(&db, "INSERT INTO docs(rowid, words) VALUES (1, '深圳 圳市 shenzhen'), (2, '深圳 beijing')")
                .await
                .unwrap();
        } else {
            run(&db, "CREATE TABLE docs (rowid bigint, words tsvector)").await.unwrap();
            run(&db, "INSERT INTO docs VALUES (1, '深圳:1 圳市:2 shenzhen:3'), (2, '深圳:1 beijing:2')").await.unwrap();
        }
        for (words, prefix, expected) in [
            (vec!["深圳"], false, vec![1, 2]),
            (vec!["圳市", "shen"], true, vec![1]),
            (vec!["深圳", "shen"], true, vec![]),
            (vec!["圳市", "shen"], false, vec![]),
            (vec!["x\" OR \"shenzhen"], false, vec![]),
            (vec!["x' | 'shenzhen"], false, vec![]),
        ] {
            let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
            let mut column = dialect.sql();
            column.push(if dialect == Dialect::Sqlite { "docs" } else { "words" });
            let mut sql = dialect.sql();
            sql.push("SELECT rowid FROM docs WHERE ")
                .append(dialect.full_text(column, &words, prefix))
                .push(" ORDER BY 1");
            let mut tx = db.reader(Snapshot::No).await.unwrap();
            let found = tx.all(&sql.build(), |row| Ok(row.int(0)?.unwrap_or(0))).await.unwrap();
            assert_eq!(found, expected, "{words:?}");
        }
    });
}
