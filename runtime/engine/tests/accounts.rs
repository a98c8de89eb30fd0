//! People come in and are kept out, on both databases.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "accounts/second_factor.rs"]
mod second_factor;
#[path = "accounts/secrets.rs"]
mod secrets;
#[path = "../../store/tests/support/mod.rs"]
mod support;

use chrono::{DateTime, TimeDelta, Utc};
use formwright_core::catalog::Catalog;
use formwright_core::definition::Document;
use formwright_core::plan::identity;
use formwright_core::query::Organisation as _;
use formwright_engine::accounts::{self, Client, Purpose, SignedIn, UserQuery};
use formwright_engine::audit::{self, AuditQuery};
use formwright_engine::keys::Keys;
use formwright_engine::{Authority, Context, Engine, EngineError, Parts, Settings, organisation};
use formwright_store::{Db, tables};
use parking_lot::Mutex;
use serde_json::{Value as Json, json};
use std::sync::Arc;
use support::on_both;
use uuid::Uuid;

const PASSWORD: &str = "plywood and hardware";

/// An installation with a clock that stands still, an administrator `root` and two roles.
struct House {
    engine: Engine,
    clock: Arc<Mutex<DateTime<Utc>>>,
}

fn catalog() -> Catalog {
    let docs = [
        json!({"kind": "app", "name": "crm", "title": "CRM"}),
        json!({"kind": "form", "app": "crm", "name": "customer", "title": "Customer", "record": {"type": "object", "properties": {"company": {"type": "string"}}}}),
        json!({"kind": "role", "app": "crm", "name": "staff", "grants": [{"form": "customer", "actions": ["read"]}]}),
        json!({"kind": "role", "app": "crm", "name": "seller", "inherits": ["staff"], "grants": [{"form": "customer", "actions": ["create", "update"]}]}),
        json!({"kind": "role", "app": "crm", "name": "people", "inherits": ["staff"], "rights": ["manage_people"]}),
        json!({"kind": "role", "app": "crm", "name": "auditor", "second_factor": true, "rights": ["audit"]}),
        json!({"kind": "role", "app": "crm", "name": "keeper", "rights": ["secrets"]}),
    ];
    let mut ids = 1_u128..;
    let documents = docs.into_iter().map(|doc| {
        let mut document = Document::read(doc).unwrap();
        // as a publication gives them
        identity::assign(document.key.kind, &mut document.doc, &[], &|_| false, &mut || ids.next().unwrap());
        document
    });
    Catalog::build(1, documents.collect()).unwrap()
}

impl House {
    async fn open(db: Db) -> House {
        tables::migrate(&db).await.unwrap();
        let clock = Arc::new(Mutex::new("2026-11-20T01:00:00Z".parse().unwrap()));
        let hands = clock.clone();
        let engine = Engine::from(Parts {
            db,
            settings: Settings::default(),
            catalog: catalog(),
            keys: Keys::from_bytes([7; 32]).unwrap(),
            clock: Box::new(move || *hands.lock()),
        });
        let house = House { engine, clock };
        house.add("root", json!(["admin"])).await;
        house
    }

    /// Another process on the same database.
    fn twin(&self) -> House {
        self.twin_with(self.engine.settings().clone())
    }

    fn twin_with(&self, settings: Settings) -> House {
        let hands = self.clock.clone();
        let engine = Engine::from(Parts {
            db: self.engine.db().clone(),
            settings,
            catalog: catalog(),
            keys: Keys::from_bytes([7; 32]).unwrap(),
            clock: Box::new(move || *hands.lock()),
        });
        House { engine, clock: self.clock.clone() }
    }

    fn pass(&self, seconds: i64) {
        *self.clock.lock() += TimeDelta::seconds(seconds);
    }

    fn system(&self) -> Context {
        Context::system(&self.engine, "command line")
    }

    async fn add(&self, login: &str, roles: Json) -> Uuid {
        let body = json!({"login": login, "name": login, "password": PASSWORD, "roles": roles});
        let (user, link) = accounts::create_user(&self.system(), &body).await.unwrap();
        assert_eq!(link, None);
        user["id"].as_str().unwrap().parse().unwrap()
    }

    async fn enter(&self, login: &str) -> SignedIn {
        accounts::sign_in(&self.engine, &client(), login, PASSWORD).await.unwrap()
    }

    /// A request with that cookie, while it is good.
    async fn request(&self, cookie: &str) -> Option<Context> {
        let seen = accounts::principal_for_session(&self.engine, cookie).await.unwrap()?;
        Some(Context { authority: Authority::Person(seen.principal), ..self.system() })
    }

    async fn with_token(&self, token: &str) -> Option<Context> {
        let seen = accounts::principal_for_token(&self.engine, token).await.unwrap()?;
        Some(Context { authority: Authority::Person(seen.principal), ..self.system() })
    }
}

fn client() -> Client {
    Client {
        address: Some("192.0.2.7".parse().unwrap()),
        agent: Some("test".into()),
        device: None,
        request: Arc::from("r1"),
    }
}

/// The code of a refusal.
fn code<T: std::fmt::Debug>(result: Result<T, EngineError>) -> &'static str {
    match result {
        Err(EngineError::Refused(refusal)) => refusal.code.code,
        other => panic!("{other:?}"),
    }
}

fn wait<T>(result: Result<T, EngineError>) -> u64 {
    match result {
        Err(EngineError::Refused(refusal)) if refusal.code.code == "rate_limited" => refusal.retry_after.unwrap(),
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("let through"),
    }
}

async fn count(db: &Db, text: &'static str) -> i64 {
    support::number(db, text).await
}

#[test]
fn a_person_signs_in_is_known_by_his_cookie_and_signs_out() {
    on_both(|db| async move {
        let house = House::open(db).await;
        let id = house.add("Zhang.Wei", json!(["seller"])).await;
        let entered = accounts::sign_in(&house.engine, &client(), " zhang.wei ", PASSWORD).await.unwrap();
        assert_eq!(entered.principal.person.id, id);
        assert_eq!(entered.principal.person.roles, ["everyone", "seller", "staff"]);
        assert!(!entered.principal.admin);
        let cx = house.request(&entered.cookie).await.unwrap();
        assert_eq!(cx.principal().unwrap().person.login, "Zhang.Wei");
        assert!(accounts::csrf_matches(&house.engine, &entered.principal.via, &entered.csrf));
        assert!(!accounts::csrf_matches(&house.engine, &entered.principal.via, "AAAA"));
        let stored = count(house.engine.db(), "SELECT count(*) FROM fw_sessions").await;
        accounts::sign_out(&cx).await.unwrap();
        assert_eq!(count(house.engine.db(), "SELECT count(*) FROM fw_sessions").await, stored - 1);
        assert!(house.request(&entered.cookie).await.is_none());
        for bad in ["", "x", "ÿÿÿÿ", &"A".repeat(43), &"A".repeat(9999)] {
            assert!(house.request(bad).await.is_none());
        }
    });
}

#[test]
fn an_unknown_login_a_wrong_password_and_a_disabled_person_get_the_same_answer() {
    on_both(|db| async move {
        let house = House::open(db).await;
        let id = house.add("gone", json!([])).await;
        house.add("here", json!([])).await;
        accounts::update_user(&house.system(), id, &json!({"active": false}), None).await.unwrap();
        for (login, password) in [("nobody", PASSWORD), ("here", "wrong"), ("gone", PASSWORD), ("", ""), ("here", "")] {
            let refused = accounts::sign_in(&house.engine, &client(), login, password).await;
            assert_eq!(code(refused.map(|_| ())), "sign_in_failed", "{login}");
        }
    });
}

#[test]
fn an_unknown_login_takes_as_long_as_a_wrong_password() {
    on_both(|db| async move {
        let house = House::open(db).await;
        house.add("here", json!([])).await;
        let mut best = [std::time::Duration::MAX; 2];
        // in turns, so that a busy machine slows both
        for _ in 0..4 {
            for (best, login) in best.iter_mut().zip(["nobody", "here"]) {
                let start = std::time::Instant::now();
                let _ = accounts::sign_in(&house.engine, &client(), login, "wrong").await;
                *best = start.elapsed().min(*best);
            }
        }
        // without a hash it would be a fiftieth
        let [unknown, known] = best;
        assert!(unknown * 10 > known, "{best:?}");
    });
}

#[test]
fn guessing_slows_down_by_the_clock_for_known_and_unknown_logins_alike() {
    on_both(|db| async move {
        let house = House::open(db).await;
        house.add("here", json!([])).await;
        for login in ["here", "nobody"] {
            for _ in 0..4 {
                assert_eq!(
                    code(accounts::sign_in(&house.engine, &client(), login, "wrong").await.map(|_| ())),
                    "sign_in_failed"
                );
            }
            let mut seconds = 1;
            for _ in 0..3 {
                assert_eq!(
                    code(accounts::sign_in(&house.engine, &client(), login, "wrong").await.map(|_| ())),
                    "sign_in_failed"
                );
                // even with the right password
                assert_eq!(wait(accounts::sign_in(&house.engine, &client(), login, PASSWORD).await), seconds);
                house.pass(i64::try_from(seconds).unwrap());
                seconds *= 2;
            }
        }
        // The count is in the database: another process knows it; a success clears it.
        assert_eq!(count(house.engine.db(), "SELECT failures FROM fw_users WHERE login = 'here'").await, 7);
        house.twin().enter("here").await;
        assert_eq!(count(house.engine.db(), "SELECT failures FROM fw_users WHERE login = 'here'").await, 0);
    });
}

#[test]
fn a_stranger_cannot_keep_the_owner_out_of_his_own_browser() {
    on_both(|db| async move {
        let house = House::open(db).await;
        house.add("here", json!([])).await;
        let known = Client { device: Some(house.enter("here").await.device), ..client() };
        for _ in 0..5 {
            let _ = accounts::sign_in(&house.engine, &client(), "here", "wrong").await;
        }
        wait(accounts::sign_in(&house.engine, &client(), "here", PASSWORD).await);
        accounts::sign_in(&house.engine, &known, "here", PASSWORD).await.unwrap();
        let forged = Client { device: Some("A".repeat(96)), ..client() };
        for _ in 0..5 {
            let _ = accounts::sign_in(&house.engine, &known, "here", "wrong").await;
        }
        wait(accounts::sign_in(&house.engine, &known, "here", PASSWORD).await);
        accounts::sign_in(&house.engine, &forged, "here", PASSWORD).await.unwrap();
    });
}

#[test]
fn guesses_at_once_do_not_pass_the_limit_by_more_than_the_places() {
    on_both(|db| async move {
        let house = House::open(db).await;
        house.add("here", json!([])).await;
        let tries: Vec<_> = (0..30)
            .map(|_| {
                let engine = house.engine.clone();
                tokio::spawn(async move { accounts::sign_in(&engine, &client(), "here", "wrong").await.map(|_| ()) })
            })
            .collect();
        let mut looked_at = 0;
        for attempt in tries {
            looked_at += i32::from(code(attempt.await.unwrap()) == "sign_in_failed");
        }
        assert!((5..=8).contains(&looked_at), "{looked_at}");
    });
}

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
fn a_link_sets_a_password_once() {
    on_both(|db| async move {
        let house = House::open(db).await;
        let (user, link) =
            accounts::create_user(&house.system(), &json!({"login": "new", "name": "New Person", "roles": ["staff"]}))
                .await
                .unwrap();
        let link = link.unwrap();
        assert_eq!(link.expires_at - house.engine.now(), TimeDelta::hours(72));
        for _ in 0..2 {
            let view = accounts::look_at_link(&house.engine, &link.token).await.unwrap().unwrap();
            assert_eq!((view.login.as_str(), view.purpose.as_str()), ("new", "invite"));
        }
        assert_eq!(
            code(accounts::use_link(&house.engine, &client(), &link.token, "short").await.map(|_| ())),
            "password_too_short"
        );
        assert_eq!(
            code(accounts::use_link(&house.engine, &client(), &link.token, "password123456").await.map(|_| ())),
            "password_too_common"
        );
        let browser = client();
        let (one, two) = tokio::join!(
            accounts::use_link(&house.engine, &browser, &link.token, PASSWORD),
            accounts::use_link(&house.engine, &browser, &link.token, PASSWORD)
        );
        assert!(one.is_ok() != two.is_ok());
        assert_eq!(
            code(accounts::use_link(&house.engine, &client(), &link.token, PASSWORD).await.map(|_| ())),
            "not_found"
        );
        let id = user["id"].as_str().unwrap().parse().unwrap();
        let older = accounts::create_link(&house.system(), id, Purpose::Reset).await.unwrap();
        let newer = accounts::create_link(&house.system(), id, Purpose::Reset).await.unwrap();
        assert_eq!(accounts::look_at_link(&house.engine, &older.token).await.unwrap(), None);
        house.pass(30 * 60);
        assert_eq!(
            code(accounts::use_link(&house.engine, &client(), &newer.token, PASSWORD).await.map(|_| ())),
            "not_found"
        );
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

#[test]
fn who_does_not_manage_people_sees_only_what_picking_needs() {
    on_both(|db| async move {
        let house = House::open(db).await;
        for (login, name) in [("zhang.wei", "张伟"), ("li.na", "李娜"), ("wang.fang", "王芳")] {
            let body = json!({"login": login, "name": name, "password": PASSWORD, "phone": "13800000000", "email": "x@y.example"});
            accounts::create_user(&house.system(), &body).await.unwrap();
        }
        let gone = organisation::fresh(&house.engine).await.unwrap().user_named("wang.fang").unwrap();
        accounts::update_user(&house.system(), gone, &json!({"active": false}), None).await.unwrap();
        let cx = house.request(&house.enter("li.na").await.cookie).await.unwrap();
        let names = |page: &Json| {
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|user| user["name"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        let page = accounts::users(&cx, &UserQuery::default()).await.unwrap();
        assert_eq!(names(&page), ["李娜", "root", "张伟"]);
        assert_eq!(
            page["items"][0].as_object().unwrap().keys().collect::<Vec<_>>(),
            ["id", "name", "department", "active"]
        );
        for (q, found) in [("zw", 1), ("ZHANGW", 1), ("伟", 1), ("zhang.", 0), ("wang", 0), ("xyz", 0)] {
            let query = UserQuery { q: Some(q.into()), ..UserQuery::default() };
            assert_eq!(names(&accounts::users(&cx, &query).await.unwrap()).len(), found, "{q}");
        }
        assert_eq!(accounts::user(&cx, gone).await.unwrap()["name"], "王芳", "records name them");
        let mut query = UserQuery { limit: Some(2), ..UserQuery::default() };
        let first = accounts::users(&house.system(), &query).await.unwrap();
        query.cursor = first["next"].as_str().map(str::to_owned);
        let second = accounts::users(&house.system(), &query).await.unwrap();
        assert_eq!([names(&first), names(&second)].concat(), ["李娜", "root", "王芳", "张伟"]);
        assert_eq!(second["next"], Json::Null);
    });
}

#[test]
fn a_body_is_judged_key_by_key_and_changes_nothing_when_refused() {
    on_both(|db| async move {
        let house = House::open(db).await;
        let boss = house.add("boss", json!([])).await;
        let id = house.add("here", json!([])).await;
        accounts::update_user(&house.system(), id, &json!({"manager": "boss"}), None).await.unwrap();
        let body = json!({
            "login": "a b", "email": "nowhere", "locale": "xx", "time_zone": "Mars/Base", "department": "none", "manager": "none",
            "roles": ["sellr"], "failures": 0, "password": "short", "active": "yes",
        });
        match accounts::update_user(&house.system(), id, &body, None).await {
            Err(EngineError::Refused(refusal)) => {
                let mut at: Vec<&str> = refusal.faults.iter().map(|fault| fault.path.as_str()).collect();
                at.sort_unstable();
                assert_eq!(
                    at,
                    [
                        "active",
                        "department",
                        "email",
                        "failures",
                        "locale",
                        "login",
                        "manager",
                        "password",
                        "roles/0",
                        "time_zone"
                    ]
                );
            }
            other => panic!("{other:?}"),
        }
        assert_eq!(
            code(accounts::update_user(&house.system(), boss, &json!({"manager": "here"}), None).await),
            "value_invalid"
        );
        assert_eq!(
            code(accounts::update_user(&house.system(), id, &json!({"login": "BOSS"}), None).await),
            "duplicate"
        );
        assert_eq!(
            code(accounts::update_user(&house.system(), id, &json!({"name": "x"}), Some(1)).await),
            "record_conflict"
        );
        let user =
            accounts::update_user(&house.system(), id, &json!({"email": "me@firm.example", "manager": null}), Some(2))
                .await
                .unwrap();
        assert_eq!(
            (&user["email"], &user["manager"], &user["version"]),
            (&json!("me@firm.example"), &Json::Null, &json!(3))
        );
    });
}

#[test]
fn a_department_in_use_stays_and_no_circle_comes_into_the_tree() {
    on_both(|db| async move {
        let house = House::open(db).await;
        let cx = house.system();
        let id = |department: &Json| department["id"].as_str().unwrap().parse::<Uuid>().unwrap();
        let sales = accounts::create_department(
            &cx,
            &json!({"name": "sales", "title": "Sales", "labels": {"zh-CN": "销售部"}}),
        )
        .await
        .unwrap();
        let east = accounts::create_department(&cx, &json!({"name": "east", "parent": "sales", "heads": ["root"]}))
            .await
            .unwrap();
        assert_eq!(code(accounts::create_department(&cx, &json!({"name": "east"})).await), "duplicate");
        assert_eq!(
            code(accounts::update_department(&cx, id(&sales), &json!({"parent": "east"}), None).await),
            "value_invalid"
        );
        assert_eq!(
            code(accounts::update_department(&cx, id(&sales), &json!({"roles": ["admin"]}), None).await),
            "unknown_reference"
        );
        assert_eq!(code(accounts::delete_department(&cx, id(&sales)).await), "in_use");
        accounts::delete_department(&cx, id(&east)).await.unwrap();
        accounts::delete_department(&cx, id(&sales)).await.unwrap();
        let organisation = organisation::current(&house.engine);
        assert_eq!(organisation.department_title(id(&sales), formwright_core::text::Locale::ZhCn), Some("销售部"));
    });
}

#[test]
fn every_change_stands_in_the_audit_log_and_the_chain_holds() {
    on_both(|db| async move {
        let house = House::open(db).await;
        let cookie = house.enter("root").await.cookie;
        let cx = house.request(&cookie).await.unwrap();
        let _ = accounts::sign_in(&house.engine, &client(), "root", "wrong").await;
        accounts::create_user(&cx, &json!({"login": "new", "name": "New", "roles": ["staff"]})).await.unwrap();
        formwright_store::audit::link(house.engine.db(), house.engine.keys().audit()).await.unwrap();
        let report = audit::verify(&cx, None).await.unwrap();
        assert_eq!((report.rows, report.first_bad), (4, None));
        let page = audit::read(&cx, &AuditQuery { limit: Some(2), ..AuditQuery::default() }).await.unwrap();
        let what = |page: &Json| {
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|entry| format!("{} {}", entry["what"].as_str().unwrap(), entry["result"].as_str().unwrap()))
                .collect::<Vec<_>>()
        };
        assert_eq!(what(&page), ["user.create ok", "session.begin failed"]);
        assert_eq!((&page["items"][0]["login"], &page["items"][0]["request"]), (&json!("root"), &json!("system")));
        let next = page["next"].as_str().map(str::to_owned);
        let rest = audit::read(&cx, &AuditQuery { cursor: next, ..AuditQuery::default() }).await.unwrap();
        assert_eq!(what(&rest), ["session.begin ok", "user.create ok"]);
        let mine = AuditQuery { user: Some(cx.author()), what: Some("user.create".into()), ..AuditQuery::default() };
        assert_eq!(audit::read(&cx, &mine).await.unwrap()["items"].as_array().unwrap().len(), 1);
        let everything = audit::read(&cx, &AuditQuery::default()).await.unwrap().to_string();
        assert!(!everything.contains(PASSWORD) && !everything.contains(&cookie));
    });
}

#[test]
fn the_sample_people_come_in_once_with_their_departments_and_heads() {
    let read = |name: &str| -> Json {
        let path =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../seeds/trade_base/data/sample").join(name);
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
    };
    let (people, departments) = (read("_users.json"), read("_departments.json"));
    on_both(|db| async {
        let house = House::open(db).await;
        let count = accounts::load_people(&house.engine, &people, &departments, "demo").await.unwrap();
        assert_eq!(count, people.as_array().unwrap().len());
        assert_eq!(accounts::load_people(&house.engine, &people, &departments, "demo").await.unwrap(), 0);
        let organisation = organisation::current(&house.engine);
        let sales = organisation.department_by_name("sales").unwrap();
        assert_eq!(organisation.departments_under(sales.id).len(), 4);
        let manager = organisation.user_by_login("li.na").unwrap();
        assert_eq!(sales.heads, [manager.id]);
        assert_eq!(organisation.reports_of(manager.id).len(), 5);
        accounts::sign_in(&house.engine, &client(), "zhang.wei", "demo").await.unwrap();
    });
}
