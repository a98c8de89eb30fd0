//! Secrets for other systems: written, listed by name, opened for a call, and nowhere else to be seen.

use super::support::on_both;
use super::{House, catalog, code, count};
use chrono::Utc;
use formwright_engine::audit::{self, AuditQuery};
use formwright_engine::keys::Keys;
use formwright_engine::{Engine, Parts, Settings, secrets};
use serde_json::json;

const VALUE: &str = "canary-7f3a-open-sesame";

#[test]
fn a_secret_is_written_listed_by_name_opened_for_a_call_and_forgotten() {
    on_both(|db| async move {
        let house = House::open(db).await;
        house.add("keeper", json!(["keeper"])).await;
        let cookie = house.enter("keeper").await.cookie;
        let cx = house.request(&cookie).await.unwrap();
        secrets::set_secret(&cx, "shop_key", "first").await.unwrap();
        secrets::set_secret(&cx, "shop_key", VALUE).await.unwrap();
        secrets::set_secret(&cx, "mail", "x").await.unwrap();
        let listed = secrets::secrets(&cx).await.unwrap();
        let names: Vec<&str> =
            listed["items"].as_array().unwrap().iter().map(|i| i["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["mail", "shop_key"]);
        assert_eq!(listed["items"][1]["updated_by"], json!(cx.principal().unwrap().person.id));
        assert!(!listed.to_string().contains("canary"));
        // another process with the same key opens it, one with another key does not
        assert_eq!(secrets::open_secret(&house.twin().engine, "shop_key").await.unwrap().as_deref(), Some(VALUE));
        let stranger = Engine::from(Parts {
            db: house.engine.db().clone(),
            settings: Settings::default(),
            catalog: catalog(),
            keys: Keys::from_bytes([8; 32]).unwrap(),
            clock: Box::new(Utc::now),
        });
        assert!(secrets::open_secret(&stranger, "shop_key").await.is_err());
        // a row under another name does not open either
        super::support::run(house.engine.db(), "UPDATE fw_secrets SET name = 'moved' WHERE name = 'shop_key'")
            .await
            .unwrap();
        assert!(secrets::open_secret(&house.engine, "moved").await.is_err());
        secrets::delete_secret(&cx, "moved").await.unwrap();
        assert_eq!(code(secrets::delete_secret(&cx, "moved").await), "not_found");
        assert_eq!(secrets::open_secret(&house.engine, "moved").await.unwrap(), None);
        for what in ["secret.set", "secret.delete"] {
            let query = AuditQuery { what: Some(what.into()), ..AuditQuery::default() };
            let told = audit::read(&house.system(), &query).await.unwrap().to_string();
            assert!(told.contains("secret") && !told.contains("canary") && !told.contains("first"), "{told}");
        }
    });
}

#[test]
fn only_the_right_to_it_touches_a_secret_and_faults_are_told() {
    on_both(|db| async move {
        let house = House::open(db).await;
        house.add("clerk", json!(["people"])).await;
        house.add("keeper", json!(["keeper"])).await;
        let clerk = house.request(&house.enter("clerk").await.cookie).await.unwrap();
        assert_eq!(code(secrets::secrets(&clerk).await), "forbidden");
        assert_eq!(code(secrets::set_secret(&clerk, "a", "x").await), "forbidden");
        assert_eq!(code(secrets::delete_secret(&clerk, "a").await), "forbidden");
        let keeper = house.request(&house.enter("keeper").await.cookie).await.unwrap();
        let long = "x".repeat(20_000);
        for (name, value, fault) in [
            ("Not a name", "x", "name_invalid"),
            ("", "x", "name_invalid"),
            ("a", "", "required"),
            ("a", &long, "too_long"),
            ("a", "x\u{0}y", "text_invalid"),
        ] {
            assert_eq!(code(secrets::set_secret(&keeper, name, value).await), fault, "{name}");
        }
        assert_eq!(count(house.engine.db(), "SELECT count(*) FROM fw_secrets").await, 0);
    });
}
