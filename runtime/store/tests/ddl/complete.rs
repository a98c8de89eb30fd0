//! Tables of an older program get what this one keeps beside the values.

use super::House;
use super::conversion::some;
use super::support::on_both;
use formwright_store::ddl;
use formwright_store::layout::Layout;
use formwright_store::seal::NoSealers;
use formwright_store::{Ident, StoreError, Val};
use serde_json::json;

/// What `complete` says of the house: the forms it completed.
async fn complete(house: &House) -> Vec<String> {
    let catalog = house.catalog.clone();
    house
        .db
        .write(move |tx| {
            Box::pin(async move {
                let layout = Layout::of(&catalog, &NoSealers)?;
                ddl::complete(tx, &catalog, &layout).await
            })
        })
        .await
        .unwrap()
}

#[test]
fn columns_that_an_older_program_did_not_keep_are_added_and_filled_with_their_indexes() {
    on_both(|db| async move {
        let mut house = House::open(db).await;
        let phone = json!({"type": "string", "field": {"format": "phone"}});
        house.put(
            "customer",
            json!({"name": {"type": "string"}, "phone": phone,
                "people": {"type": "array", "items": {"type": "object", "properties": {"phone": phone}}}}),
            json!({"search": ["phone"]}),
        );
        house.publish().await;
        assert!(complete(&house).await.is_empty(), "nothing is missing");
        let number = || Val::from("0049 30 5551234");
        let first = house.insert("customer", &[("name", Val::from("A")), ("phone", number())]).await;
        house.insert("customer", &[("name", Val::from("B")), ("phone", Val::from("call Änn"))]).await;
        house.insert_row("customer", "people", first, "phone", number()).await;

        let (table, phone) = house.column("customer", "phone");
        let (rows, inner) = house.column("customer", "people.phone");
        let (index, dropped) = (format!("in_{phone}"), [(table.clone(), phone.clone()), (rows.clone(), inner.clone())]);
        house
            .db
            .write(move |tx| {
                Box::pin(async move {
                    let mut sql = tx.sql();
                    sql.push("DROP INDEX ").ident(&Ident::new(&index)?);
                    tx.execute(&sql.build().once()).await?;
                    for (table, field) in dropped {
                        for suffix in ["_n", "_s"] {
                            let mut sql = tx.sql();
                            sql.push("ALTER TABLE ").ident(&Ident::new(&table)?);
                            sql.push(" DROP COLUMN ").ident(&Ident::new(&format!("{field}{suffix}"))?);
                            tx.execute(&sql.build().once()).await?;
                        }
                    }
                    Ok::<_, StoreError>(())
                })
            })
            .await
            .unwrap();

        assert_eq!(complete(&house).await, [house.catalog.form("customer").unwrap().id.clone()]);
        house.verify().await;
        assert_eq!(house.texts(&table, &format!("{phone}_n")).await, [Some("+49305551234".to_string()), None]);
        assert_eq!(house.texts(&table, &format!("{phone}_s")).await[1].as_deref(), Some("call ann"));
        assert_eq!(house.texts(&rows, &format!("{inner}_n")).await, some(&["+49305551234"]));
        assert!(complete(&house).await.is_empty(), "once is enough");

        // the index is there again: it can be dropped
        let index = format!("in_{phone}");
        house
            .db
            .write(move |tx| {
                Box::pin(async move {
                    let mut sql = tx.sql();
                    sql.push("DROP INDEX ").ident(&Ident::new(&index)?);
                    tx.execute(&sql.build().once()).await.map(|_| ())
                })
            })
            .await
            .unwrap();
    });
}
