//! What a session and a token are good for, and how long.

use super::support::on_both;
use super::{House, PASSWORD, client, code, count};
use chrono::TimeDelta;
use formwright_core::query::Organisation as _;
use formwright_engine::accounts;
use formwright_engine::{Context, Settings, organisation};
use serde_json::json;

#[test]
fn disabling_ends_sessions_and_tokens_at_the_next_request_in_every_process() {
    on_both(|db| async move {
        let house = House::open(db).await;
        let twin = house.twin();
        let id = house.add("here", json!(["staff"])).await;
        let cookie = house.enter("here").await.cookie;
        let cx = twin.request(&cookie).await.unwrap();
        let token = accounts::create_token(&cx, &json!({"name": "program"})).await.unwrap();
        let token = token["token"].as_str().unwrap();
        assert!(house.with_token(token).await.is_some());
        accounts::update_user(&house.system(), id, &json!({"active": false}), None).await.unwrap();
        for at in [&house, &twin] {
            assert!(at.request(&cookie).await.is_none());
            assert!(at.with_token(token).await.is_none());
        }
        accounts::update_user(&house.system(), id, &json!({"active": true}), None).await.unwrap();
        assert!(house.request(&cookie).await.is_none(), "the session of before stays dead");
    });
}

#[test]
fn a_changed_role_or_department_counts_from_the_next_request_in_every_process() {
    on_both(|db| async move {
        let house = House::open(db).await;
        let twin = house.twin();
        let id = house.add("here", json!(["staff"])).await;
        let cookie = house.enter("here").await.cookie;
        let roles = |cx: Option<Context>| cx.unwrap().principal().unwrap().person.roles.clone();
        assert_eq!(roles(twin.request(&cookie).await), ["everyone", "staff"]);
        let before = count(house.engine.db(), "SELECT number FROM fw_meta WHERE key = 'org_version'").await;
        accounts::update_user(&house.system(), id, &json!({"roles": ["seller"]}), None).await.unwrap();
        assert_eq!(count(house.engine.db(), "SELECT number FROM fw_meta WHERE key = 'org_version'").await, before + 1);
        assert_eq!(roles(twin.request(&cookie).await), ["everyone", "seller", "staff"]);
        let sales =
            accounts::create_department(&house.system(), &json!({"name": "sales", "roles": ["people"]})).await.unwrap();
        let east =
            accounts::create_department(&house.system(), &json!({"name": "east", "parent": "sales"})).await.unwrap();
        accounts::update_user(&house.system(), id, &json!({"department": "sales"}), None).await.unwrap();
        let cx = twin.request(&cookie).await.unwrap();
        assert!(cx.principal().unwrap().has_right("manage_people"));
        let under =
            organisation::current(&twin.engine).departments_under(sales["id"].as_str().unwrap().parse().unwrap());
        assert_eq!(under.len(), 2);
        assert_eq!(json!(under[1]), east["id"]);
        accounts::update_user(&house.system(), id, &json!({"department": "east"}), None).await.unwrap();
        assert!(
            !twin.request(&cookie).await.unwrap().principal().unwrap().has_right("manage_people"),
            "not of those below"
        );
    });
}

#[test]
fn a_role_counts_only_between_its_days() {
    on_both(|db| async move {
        let house = House::open(db).await;
        // The company's zone is Shanghai: 20 November ends at 16:00 UTC.
        house.add("here", json!([{"role": "seller", "to": "2026-11-20"}, {"role": "people", "from": "2026-11-22T00:00:00Z"}, {"role": "staff", "to": "2026-11-01"}])).await;
        let cookie = house.enter("here").await.cookie;
        let roles = |cx: Option<Context>| cx.unwrap().principal().unwrap().person.roles.clone();
        assert_eq!(roles(house.request(&cookie).await), ["everyone", "seller", "staff"]);
        *house.clock.lock() = "2026-11-20T15:59:59Z".parse().unwrap();
        // use within the idle time keeps the session
        let cookie = house.enter("here").await.cookie;
        assert_eq!(roles(house.request(&cookie).await), ["everyone", "seller", "staff"]);
        house.pass(1);
        assert_eq!(roles(house.request(&cookie).await), ["everyone"]);
        *house.clock.lock() = "2026-11-22T00:00:00Z".parse().unwrap();
        let cookie = house.enter("here").await.cookie;
        assert_eq!(roles(house.request(&cookie).await), ["everyone", "people", "staff"]);
    });
}

#[test]
fn a_session_ends_when_it_rests_too_long_and_at_its_age() {
    on_both(|db| async move {
        let house = House::open(db).await;
        house.add("here", json!([])).await;
        let cookie = house.enter("here").await.cookie;
        house.pass(12 * 3600 + 1);
        assert!(house.request(&cookie).await.is_none());
        let cookie = house.enter("here").await.cookie;
        house.pass(12 * 3600);
        assert!(house.request(&cookie).await.is_some());
        // The use is written behind the request; then the rest counts from there.
        let text = "SELECT count(*) FROM fw_sessions WHERE last_seen > created_at";
        while count(house.engine.db(), text).await == 0 {
            tokio::task::yield_now().await;
        }
        house.pass(12 * 3600);
        assert!(house.request(&cookie).await.is_some());
        let patient = Settings { session_idle: TimeDelta::days(30), ..Settings::default() };
        let house = house.twin_with(patient);
        let cookie = house.enter("here").await.cookie;
        house.pass(7 * 24 * 3600);
        assert!(house.request(&cookie).await.is_some());
        house.pass(1);
        assert!(house.request(&cookie).await.is_none());
        assert!(accounts::remove_old_sessions(&house.engine).await.unwrap() >= 2);
    });
}

#[test]
fn tokens_are_narrowed_expire_and_are_taken_back() {
    on_both(|db| async move {
        let house = House::open(db).await;
        house.add("here", json!(["people"])).await;
        let cx = house.request(&house.enter("here").await.cookie).await.unwrap();
        let made = accounts::create_token(
            &cx,
            &json!({"name": "reader", "scopes": ["read", "form:customer"], "expires_at": "2026-11-21"}),
        )
        .await
        .unwrap();
        let text = made["token"].as_str().unwrap();
        let program = house.with_token(text).await.unwrap();
        let via = program.principal().unwrap().via.clone();
        assert!(accounts::allows(&via, accounts::Scope::Read) && !accounts::allows(&via, accounts::Scope::Write));
        assert!(!accounts::allows_form(&via, "order"));
        assert_eq!(code(accounts::create_token(&program, &json!({"name": "more"})).await), "forbidden");
        assert_eq!(code(accounts::create_user(&program, &json!({"login": "x", "name": "x"})).await), "forbidden");
        assert_eq!(
            code(accounts::create_token(&cx, &json!({"name": "long", "expires_at": "2028-01-01"})).await),
            "too_large"
        );
        assert_eq!(
            code(accounts::create_token(&cx, &json!({"name": "odd", "scopes": ["everything"]})).await),
            "choice_unknown"
        );
        assert!(accounts::tokens(&cx).await.unwrap()["items"][0].get("token").is_none());
        house.pass(3 * 24 * 3600);
        assert!(house.with_token(text).await.is_none(), "expired");
        let cx = house.request(&house.enter("here").await.cookie).await.unwrap();
        let made = accounts::create_token(&cx, &json!({"name": "again"})).await.unwrap();
        let (id, text) = (made["id"].as_str().unwrap().parse().unwrap(), made["token"].as_str().unwrap());
        assert!(house.with_token(text).await.is_some());
        let stranger = house.request(&house.enter("root").await.cookie).await.unwrap();
        assert_eq!(code(accounts::delete_token(&stranger, id).await), "not_found");
        accounts::delete_token(&cx, id).await.unwrap();
        assert!(house.with_token(text).await.is_none());
    });
}

#[test]
fn a_new_password_ends_every_other_session() {
    on_both(|db| async move {
        let house = House::open(db).await;
        house.add("here", json!([])).await;
        let (here, there) = (house.enter("here").await, house.enter("here").await);
        let cx = house.request(&here.cookie).await.unwrap();
        assert_eq!(accounts::sessions(&cx, None).await.unwrap()["items"].as_array().unwrap().len(), 2);
        let new = "桦木胶合板装柜出运十八毫米";
        assert_eq!(code(accounts::change_password(&cx, &client(), "wrong", new).await.map(|_| ())), "sign_in_failed");
        let next = accounts::change_password(&cx, &client(), PASSWORD, new).await.unwrap();
        for old in [&here.cookie, &there.cookie] {
            assert!(house.request(old).await.is_none());
        }
        assert!(house.request(&next.cookie).await.is_some());
        assert_eq!(
            code(accounts::sign_in(&house.engine, &client(), "here", PASSWORD).await.map(|_| ())),
            "sign_in_failed"
        );
    });
}
