//! The whole of a database is looked through for texts: tables, and on SQLite the files themselves.

use super::*;

/// Those of the texts that stand somewhere in the database.
pub async fn left_in(db: &Db, texts: &[&str]) -> Vec<String> {
    let mut haystack = Vec::new();
    match db.dialect() {
        formwright_store::Dialect::Sqlite => {
            let file = texts_of(db, "SELECT file FROM pragma_database_list WHERE name = 'main'".into()).await;
            for end in ["", "-wal"] {
                haystack.extend(std::fs::read(format!("{}{end}", file[0])).unwrap_or_default());
            }
        }
        formwright_store::Dialect::Postgres => {
            let tables = "SELECT tablename::text FROM pg_catalog.pg_tables WHERE schemaname = current_schema()";
            for table in texts_of(db, tables.into()).await {
                for row in texts_of(db, format!("SELECT t::text FROM \"{table}\" AS t")).await {
                    haystack.extend(row.into_bytes());
                }
            }
        }
    }
    assert!(haystack.len() > 10_000);
    let found = |needle: &[u8]| haystack.windows(needle.len()).any(|part| part == needle);
    // bytes are written as their digits
    texts.iter().filter(|t| found(t.as_bytes()) || found(hex::encode(t).as_bytes())).map(|t| (*t).to_string()).collect()
}

async fn texts_of(db: &Db, text: String) -> Vec<String> {
    let mut tx = db.reader(Snapshot::No).await.unwrap();
    let mut sql = tx.sql();
    sql.push(text.leak());
    tx.all(&sql.build().once(), |row| Ok(row.text(0)?.unwrap_or_default().to_string())).await.unwrap()
}

#[test]
fn nothing_that_is_encrypted_stands_anywhere_in_the_database() {
    on_both(|db| async move {
        let house = open(db.clone()).await;
        let cx = house.person("bea", &["buyer"]).await;
        let key = IdempotencyKey {
            person: cx.author(),
            method: "POST".into(),
            route: "/api/records/supplier".into(),
            key: "once".into(),
            body_hash: [0; 32],
        };
        let first = house.engine.create(&cx, "supplier", object(karl()), Some(key.clone())).await.unwrap();
        let again = house.engine.create(&cx, "supplier", object(karl()), Some(key)).await.unwrap();
        assert_eq!(first.body, again.body);
        let body = object(json!({"note": "changed his mind about suing", "name": "Karl-open-name"}));
        house.engine.update(&cx, "supplier", first.id, body, None).await.unwrap();
        // an import that is refused tells what stood in the cells
        let file = "Name,Phone,Bank\nIda,not-a-phone-4711,AT61-1904-x\nIna,+49 30 998877,AT61-1904-x\n";
        house.import(&cx, "supplier", file.as_bytes(), ImportRequest::default()).await.unwrap();
        let export = ExportRequest { filter: Some(term("bank", "eq", json!(BANK))), ..ExportRequest::default() };
        assert_eq!(house.export(&cx, "supplier", export).await.unwrap().1, 1);
        house.engine.delete(&cx, "supplier", first.id, None).await.unwrap();
        house.engine.restore(&cx, "supplier", first.id).await.unwrap();
        let secret = [
            BANK,
            NOTE,
            MAIL,
            "151 234567",
            "changed his mind",
            "not-a-phone-4711",
            "AT61-1904-x",
            "998877",
            &BANK.to_lowercase(),
            "de893704",
        ];
        assert_eq!(left_in(&db, &secret).await, Vec::<String>::new());
        assert_eq!(left_in(&db, &["Karl-open-name"]).await, ["Karl-open-name"]);
    });
}
