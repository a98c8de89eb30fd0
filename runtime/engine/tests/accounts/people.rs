//! People and departments: seen, changed, audited, shipped.

use super::support::on_both;
use super::{House, PASSWORD, client, code};
use formwright_core::query::Organisation as _;
use formwright_engine::accounts::{self, UserQuery};
use formwright_engine::audit::{self, AuditQuery};
use formwright_engine::{EngineError, organisation};
use serde_json::{Value as Json, json};
use uuid::Uuid;

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
