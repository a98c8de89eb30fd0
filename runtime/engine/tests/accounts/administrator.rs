//! Administrators: the first, the last, and what nobody gives away.

use super::support::on_both;
use super::{House, PASSWORD, catalog, client, code, count};
use chrono::Utc;
use formwright_core::query::Organisation as _;
use formwright_engine::accounts::{self, Purpose};
use formwright_engine::audit::{self, AuditQuery};
use formwright_engine::keys::Keys;
use formwright_engine::{Context, Engine, Parts, Settings, organisation};
use formwright_store::tables;
use serde_json::json;

#[test]
fn the_last_administrator_stays() {
    on_both(|db| async move {
        let house = House::open(db).await;
        let (system, organisation) = (house.system(), organisation::fresh(&house.engine).await.unwrap());
        let root = organisation.user_named("root").unwrap();
        for body in
            [json!({"active": false}), json!({"roles": []}), json!({"roles": [{"role": "admin", "to": "2026-11-01"}]})]
        {
            assert_eq!(code(accounts::update_user(&system, root, &body, None).await), "last_administrator");
        }
        let second = house.add("second", json!(["admin"])).await;
        let off = json!({"active": false});
        let (one, two) = tokio::join!(
            accounts::update_user(&system, root, &off, None),
            accounts::update_user(&system, second, &off, None)
        );
        assert!(one.is_ok() != two.is_ok(), "one of the two must be refused");
        assert_eq!(code(if one.is_ok() { two } else { one }), "last_administrator");
    });
}

#[test]
fn nobody_gives_away_more_than_he_has() {
    on_both(|db| async move {
        let house = House::open(db).await;
        let root = organisation::fresh(&house.engine).await.unwrap().user_named("root").unwrap();
        house.add("hr", json!(["people"])).await;
        let seller = house.add("seller", json!(["seller"])).await;
        let plain = house.add("plain", json!([])).await;
        let hr = house.request(&house.enter("hr").await.cookie).await.unwrap();
        assert!(accounts::may_assign(&hr, "staff") && accounts::may_assign(&hr, "people"));
        assert!(!accounts::may_assign(&hr, "seller") && !accounts::may_assign(&hr, "admin"));
        for role in ["seller", "admin"] {
            assert_eq!(code(accounts::update_user(&hr, plain, &json!({"roles": [role]}), None).await), "forbidden");
            assert_eq!(
                code(accounts::create_user(&hr, &json!({"login": "new", "name": "new", "roles": [role]})).await),
                "forbidden"
            );
        }
        accounts::update_user(&hr, plain, &json!({"roles": ["staff"]}), None).await.unwrap();
        // Nor does he take over an account that may do more than his own.
        for user in [root, seller] {
            assert_eq!(code(accounts::create_link(&hr, user, Purpose::Reset).await), "forbidden");
            assert_eq!(code(accounts::set_password(&hr, user, "another long one").await), "forbidden");
            assert_eq!(
                code(accounts::update_user(&hr, user, &json!({"email": "a@b.example"}), None).await),
                "forbidden"
            );
        }
        accounts::update_user(&hr, root, &json!({"phone": "123"}), None).await.unwrap();
        // And somebody without the right changes nobody.
        let plain = house.request(&house.enter("plain").await.cookie).await.unwrap();
        assert_eq!(code(accounts::update_user(&plain, seller, &json!({"name": "x"}), None).await), "forbidden");
        assert_eq!(code(accounts::roles(&plain)), "forbidden");
        assert_eq!(code(audit::read(&plain, &AuditQuery::default()).await), "forbidden");
    });
}

#[test]
fn there_is_one_first_administrator_however_many_start_at_once() {
    on_both(|db| async move {
        tables::migrate(&db).await.unwrap();
        let parts = || Parts {
            db: db.clone(),
            settings: Settings::default(),
            catalog: catalog(),
            keys: Keys::from_bytes([7; 32]).unwrap(),
            clock: Box::new(Utc::now),
        };
        let engine = Engine::from(parts());
        engine.keys().bind(&db).await.unwrap();
        assert!(Keys::from_bytes([8; 32]).unwrap().bind(&db).await.is_err());
        let (one, two) = tokio::join!(
            accounts::create_first_administrator_link(&engine),
            accounts::create_first_administrator_link(&engine)
        );
        let (one, two) = (one.unwrap().unwrap(), two.unwrap().unwrap());
        assert_eq!(count(&db, "SELECT count(*) FROM fw_users").await, 1);
        let mut good = Vec::new();
        for link in [one, two] {
            good.extend(accounts::look_at_link(&engine, &link.token).await.unwrap().map(|_| link.token));
        }
        let [token] = good.as_slice() else { panic!("the newer link alone is good") };
        let entered = accounts::use_link(&engine, &client(), token, PASSWORD).await.unwrap();
        assert!(entered.principal.admin);
        assert_eq!(accounts::create_first_administrator_link(&engine).await.unwrap(), None);
    });
}

#[test]
fn the_command_line_takes_the_first_administrators_account_while_nobody_has() {
    on_both(|db| async move {
        tables::migrate(&db).await.unwrap();
        let engine = Engine::from(Parts {
            db: db.clone(),
            settings: Settings::default(),
            catalog: catalog(),
            keys: Keys::from_bytes([7; 32]).unwrap(),
            clock: Box::new(Utc::now),
        });
        let link = accounts::create_first_administrator_link(&engine).await.unwrap().unwrap();
        let body = json!({"login": "admin", "password": PASSWORD, "roles": ["admin"]});
        let system = Context::system(&engine, "command line");
        accounts::create_user(&system, &body).await.unwrap();
        assert_eq!(accounts::look_at_link(&engine, &link.token).await.unwrap(), None);
        assert!(accounts::sign_in(&engine, &client(), "admin", PASSWORD).await.unwrap().principal.admin);
        assert_eq!(code(accounts::create_user(&system, &body).await), "duplicate");
    });
}
