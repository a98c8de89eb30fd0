//! Settings of the company, rates, working time, counters: who may set them, and that they count at once.

use crate::site::Site;
use serde_json::{Value as Json, json};

fn definitions() -> Vec<Json> {
    vec![
        json!({"kind": "app", "app": "desk", "name": "desk", "title": "Desk", "settings": {"type": "object", "properties": {
            "floor": {"type": "number", "title": "Floor", "default": 100, "minimum": 0, "field": {"type": "number", "scale": 2}},
            "region": {"title": "Region", "enum": ["north", "south"], "default": "north"}
        }}}),
        json!({"kind": "form", "app": "desk", "name": "paper", "title": "Paper", "title_field": "name", "record": {"type": "object", "properties": {
            "no": {"type": "string", "field": {"type": "serial", "pattern": "P{yyyy}-{seq:3}", "reset": "year"}},
            "name": {"type": "string"}, "amount": {"type": "number", "field": {"type": "number", "scale": 2}}, "at": {"type": "string", "format": "date-time"}, "day": {"type": "string", "format": "date"},
            "region": {"title": "Region", "enum": ["north", "south"], "default": {"var": "settings.region"}}
        }}}),
        json!({"kind": "role", "app": "desk", "name": "writer", "grants": [{"form": "paper", "actions": ["read", "create", "update"], "rows": {"field": "region", "op": "eq", "value": {"var": "settings.region"}}}]}),
        json!({"kind": "role", "app": "desk", "name": "setter", "rights": ["settings"], "grants": []}),
    ]
}

fn names(site: &Site, filter: Json) -> Vec<String> {
    let admin = site.token("admin");
    let items = admin.items("paper", json!({"filter": filter, "sort": ["name"]}));
    items.iter().map(|item| item["name"].as_str().unwrap().to_string()).collect()
}

on_both! {
    fn settings_are_for_those_with_the_right_and_every_fault_comes_at_once(site) {
        site.publish(definitions());
        site.admin();
        let (ann, setter) = (site.person("ann", &["writer"]), site.person("sam", &["setter"]));
        assert_eq!(ann.get("/api/settings/system").problem(), (403, "forbidden".into()));
        assert_eq!(ann.patch("/api/settings/desk", json!({"floor": 1})).problem(), (403, "forbidden".into()));
        assert_eq!(setter.get("/api/settings/nothing").problem(), (404, "not_found".into()));
        let first = setter.get("/api/settings/desk");
        assert_eq!((first.json(), first.header("etag")), (json!({"floor": 100, "region": "north"}), "\"0\""));
        let refused = setter.patch("/api/settings/desk", json!({"floor": -1, "region": "east", "flor": 3}));
        assert_eq!(refused.faults(), [("floor", "too_small"), ("flor", "unknown_field"), ("region", "choice_unknown")].map(|(f, c)| (f.to_string(), c.to_string())));
        let changed = setter.with("if-match", "\"0\"").patch("/api/settings/desk", json!({"floor": 7.5}));
        assert_eq!((changed.status, changed.json()["floor"].to_string(), changed.header("etag")), (200, "7.5".into(), "\"1\""));
        assert_eq!(setter.with("if-match", "\"0\"").patch("/api/settings/desk", json!({"floor": 8})).problem(), (409, "record_conflict".into()));
        assert_eq!(setter.patch("/api/settings/desk", json!({"floor": null})).json()["floor"], 100);
        let audit = site.token("admin").get("/api/audit?what=settings.update").json();
        assert_eq!(audit["items"].as_array().unwrap().len(), 2, "refusals change nothing: {audit}");
        assert_eq!(site.token("admin").get("/api/settings").json()["items"][0]["app"], "system");
    }

    fn the_companys_zone_decides_what_today_is_from_the_next_request_on(site) {
        site.publish(definitions());
        let admin = site.admin();
        // it is 10:00 in Greenwich on Friday the 20th, so 18:00 in Shanghai and the 21st in Kiritimati
        admin.create("paper", json!({"name": "a", "at": "2026-11-20T09:00:00Z"}));
        admin.create("paper", json!({"name": "b", "at": "2026-11-20T10:30:00Z"}));
        let today = json!({"field": "at", "op": "within", "value": "today"});
        assert_eq!(names(site, today.clone()), ["a", "b"]);
        assert_eq!(admin.patch("/api/settings/system", json!({"time_zone": "Asia/Nowhere"})).faults(), [("time_zone".into(), "format_invalid".into())]);
        assert_eq!(admin.patch("/api/settings/system", json!({"time_zone": "Pacific/Kiritimati"})).status, 200);
        assert_eq!(names(site, today), ["b"], "the day begins at 10:00 in Greenwich");
        let group = json!({"group": [{"field": "at", "by": "day", "name": "day"}], "measures": [{"name": "n", "function": "count"}], "sort": ["day"]});
        let rows = admin.post("/api/records/paper/aggregate", group).json();
        assert_eq!(rows["rows"], json!([{"day": "2026-11-20", "n": 1}, {"day": "2026-11-21", "n": 1}]));
    }

    fn weeks_and_fiscal_years_begin_as_the_company_says(site) {
        site.publish(definitions());
        let admin = site.admin();
        for day in ["2026-03-31", "2026-04-01", "2026-11-15", "2026-11-16"] {
            admin.create("paper", json!({"name": day, "day": day}));
        }
        let (week, year) = (json!({"field": "day", "op": "within", "value": "this_week"}), json!({"field": "day", "op": "within", "value": "this_fiscal_year"}));
        assert_eq!(names(site, week.clone()), ["2026-11-16"], "the 16th is a Monday");
        assert_eq!(names(site, year.clone()).len(), 4);
        assert_eq!(admin.patch("/api/settings/system", json!({"week_start": "sunday", "fiscal_year_start": "04"})).status, 200);
        assert_eq!(names(site, week), ["2026-11-15", "2026-11-16"]);
        assert_eq!(names(site, year), ["2026-04-01", "2026-11-15", "2026-11-16"]);
    }

    fn conditions_row_scopes_and_defaults_read_settings(site) {
        site.publish(definitions());
        let admin = site.admin();
        let ann = site.person("ann", &["writer"]);
        assert_eq!(ann.create("paper", json!({"name": "first", "amount": 120}))["region"], "north");
        admin.create("paper", json!({"name": "south", "region": "south", "amount": 50}));
        assert_eq!(ann.count("paper"), 1);
        let above = json!({"field": "amount", "op": "ge", "value": {"var": "settings.floor"}});
        assert_eq!(names(site, above.clone()), ["first"]);
        assert_eq!(admin.patch("/api/settings/desk", json!({"region": "south", "floor": 10})).status, 200);
        assert_eq!(ann.items("paper", json!({}))[0]["name"], "south", "the row scope follows at the next request");
        assert_eq!(ann.create("paper", json!({"name": "third"}))["region"], "south");
        assert_eq!(names(site, above), ["first", "south"]);
    }

    fn a_definition_may_only_name_settings_that_there_are_and_a_key_is_one_setting(site) {
        let admin = site.admin();
        site.publish(definitions());
        let faulty = [
            ("role", "nosy", json!({"kind": "role", "app": "desk", "name": "nosy", "grants": [{"form": "paper", "actions": ["read"], "rows": {"field": "amount", "op": "gt", "value": {"var": "settings.flor"}}}]}), "/grants/0/rows/value/var"),
            ("app", "second", json!({"kind": "app", "app": "second", "name": "second", "title": "Second", "settings": {"type": "object", "properties": {"floor": {"type": "integer"}}}}), "/settings/properties/floor"),
        ];
        for (kind, name, doc, at) in faulty {
            assert!(matches!(admin.put(&format!("/api/definitions/{kind}/{name}"), doc).status, 200 | 201));
            let refused = admin.post("/api/publications", json!({"note": "x"}));
            assert_eq!(refused.status, 422, "{}", refused.text());
            assert!(refused.faults().iter().any(|(field, _)| field.ends_with(at)), "{at}: {}", refused.text());
            assert_eq!(admin.delete(&format!("/api/definitions/{kind}/{name}")).status / 100, 2);
        }
    }

    fn the_companys_name_stands_on_the_pages(site) {
        let admin = site.admin();
        assert!(site.visitor().get("/sign-in").text().contains("Formwright"));
        assert_eq!(admin.patch("/api/settings/system", json!({"company_name": "Yizhou <Trade>"})).status, 200);
        let (open, shell) = (site.visitor().get("/sign-in").text(), site.session("admin").get("/admin/settings").text());
        assert!(open.contains("Yizhou &lt;Trade&gt;") && !open.contains("<Trade>"));
        assert!(shell.contains("· Yizhou &lt;Trade&gt;</title>"), "{shell}");
        assert!(shell.contains("id=\"f-company_name\"") || shell.contains("data-field=\"company_name\""));
    }

    fn rates_are_exact_all_or_none_and_listed_by_currency_and_day(site) {
        site.publish(definitions());
        let admin = site.admin();
        let ann = site.person("ann", &["writer"]);
        assert_eq!(ann.get("/api/rates").problem(), (403, "forbidden".into()));
        assert_eq!(ann.put("/api/rates", json!({"currency": "USD", "valid_on": "2026-11-01", "value": 7})).problem(), (403, "forbidden".into()));
        let body = r#"{"items": [{"currency": "USD", "valid_on": "2026-11-01", "value": 7.123456789}, {"currency": "USD", "valid_on": "2026-11-02", "value": 7.2}, {"currency": "EUR", "valid_on": "2026-11-01", "value": 8.01}]}"#;
        let set = admin.send("PUT", "/api/rates", "application/json", Some(body.as_bytes()));
        assert_eq!(set.status, 200, "{}", set.text());
        let refused = admin.put("/api/rates", json!({"items": [{"currency": "GBP", "valid_on": "2026-11-01", "value": 9}, {"currency": "usd", "valid_on": "2026-13-01", "value": -1}, {"currency": "JPY", "valid_on": "2026-11-01", "value": 0.0000000001}]}));
        let faults: Vec<String> = refused.faults().into_iter().map(|(field, _)| field).collect();
        assert_eq!(faults, ["items/1/currency", "items/1/valid_on", "items/1/value", "items/2/value"]);
        let first = admin.get("/api/rates?limit=2").json();
        let told = |page: &Json| page["items"].as_array().unwrap().iter().map(|r| format!("{} {} {}", r["currency"].as_str().unwrap(), r["valid_on"].as_str().unwrap(), r["value"])).collect::<Vec<_>>();
        assert_eq!(told(&first), ["EUR 2026-11-01 8.01", "USD 2026-11-02 7.2"]);
        let second = admin.get(&format!("/api/rates?limit=2&cursor={}", first["next"].as_str().unwrap())).json();
        assert_eq!((told(&second), &second["next"]), (vec!["USD 2026-11-01 7.123456789".to_string()], &Json::Null));
        assert_eq!(told(&admin.get("/api/rates?currency=USD&to=2026-11-01").json()).len(), 1);
        assert_eq!(admin.put("/api/rates", json!({"currency": "EUR", "valid_on": "2026-11-01", "value": null})).status, 200);
        assert_eq!(told(&admin.get("/api/rates").json()).len(), 2);
    }

    fn a_calendar_is_written_whole_and_read_back(site) {
        let admin = site.admin();
        let standard = admin.get("/api/calendars").json();
        assert_eq!((standard["items"][0]["name"].as_str(), standard["items"][0]["version"].as_i64()), (Some("default"), Some(0)));
        let calendar = json!({"name": "default", "week": {"monday": [{"from": "09:00", "to": "17:00"}]}, "holidays": [{"date": "2026-10-01", "title": "National Day"}], "workdays": ["2026-10-10"]});
        let put = admin.put("/api/calendars", calendar.clone());
        assert_eq!((put.status, put.json()["version"].as_i64()), (200, Some(1)), "{}", put.text());
        assert_eq!(admin.get("/api/calendars").json()["items"][0]["holidays"], calendar["holidays"]);
        assert_eq!(admin.with("if-match", "\"0\"").put("/api/calendars", calendar).problem(), (409, "record_conflict".into()));
        let refused = admin.put("/api/calendars", json!({"week": {"monday": [{"from": "17:00", "to": "09:00"}]}, "holidays": ["2026-02-30"], "shift": 1}));
        assert_eq!(refused.faults().into_iter().map(|(field, _)| field).collect::<Vec<_>>(), ["holidays/0/date", "shift", "week/monday/0"]);
        site.publish(definitions());
        assert_eq!(site.person("ann", &["writer"]).get("/api/calendars").problem(), (403, "forbidden".into()));
    }

    fn a_counter_goes_forward_only(site) {
        site.publish(definitions());
        let admin = site.admin();
        assert_eq!(admin.create("paper", json!({"name": "a"}))["no"], "P2026-001");
        let listed = admin.get("/api/serials?form=paper").json()["items"][0].clone();
        assert_eq!((&listed["field"], &listed["period"], &listed["next"]), (&json!("no"), &json!("2026"), &json!(2)));
        let with = |next: i64| { let mut body = listed.clone(); body["next"] = json!(next); body };
        assert_eq!(admin.put("/api/serials", with(1)).problem(), (422, "too_small".into()));
        assert_eq!(admin.put("/api/serials", with(500)).status, 200);
        assert_eq!(admin.create("paper", json!({"name": "b"}))["no"], "P2026-500");
        let mut wrong = with(600);
        wrong["field"] = json!("name");
        assert_eq!(admin.put("/api/serials", wrong).faults(), [("field".into(), "unknown_reference".into())]);
        assert_eq!(site.person("ann", &["writer"]).get("/api/serials").problem(), (403, "forbidden".into()));
    }
}
