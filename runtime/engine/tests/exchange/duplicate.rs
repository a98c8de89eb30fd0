//! Records that are there already, told across permissions.

use super::messy::trade;
use super::support::on_both;
use formwright_engine::EngineError;
use formwright_engine::exchange::ImportRequest;
use serde_json::{Value as Json, json};

#[test]
fn duplicates_are_told_across_permissions_without_telling_more_than_the_form_says() {
    on_both(|db| async move {
        let house = trade(db).await;
        let cx = house.system();
        let rows = "公司名称,国家/地区,客户来源,主营产品,业务员,邮箱,电话\nCrown Tools Ltd,GB,展会,五金,li.na,anna@crown.example.com,+44 20 7946 0958\n";
        let mapping = json!({"columns": {"公司名称": "company", "国家/地区": "country", "客户来源": "source", "主营产品": "product_lines", "业务员": "owner", "邮箱": "contact.email", "电话": "contact.phone"}});
        let job = house
            .import(&cx, "customer", rows.as_bytes(), ImportRequest { mapping: Some(mapping), ..Default::default() })
            .await
            .unwrap();
        assert_eq!(job["summary"]["created"], json!(1), "{job}");
        let (owner, other) = (house.person("li.na", &[]).await, house.person("zhang.wei", &[]).await);
        let ask = |draft: Json| draft.as_object().unwrap().clone();
        let own = house
            .engine
            .duplicates(&owner, "customer", ask(json!({"company": "CROWN TOOLS", "country": "GB"})))
            .await
            .unwrap();
        assert_eq!(
            (
                own["hits"][0]["rule"].clone(),
                own["hits"][0]["readable"].clone(),
                own["hits"][0]["record"]["title"].clone(),
                own["hits"][0]["tell"]["owner"]["name"].clone()
            ),
            (json!("company"), json!(true), json!("Crown Tools Ltd"), json!("李娜")),
            "{own}"
        );
        for (draft, rule) in [
            (
                json!({"company": "Other", "country": "GB", "contacts": [{"email": "x@y.z"}, {"email": "ANNA@crown.example.com"}]}),
                "email",
            ),
            (json!({"contacts.phone": "0044 20 7946 0958"}), "phone"),
            (json!({"company": "Crwn Tools", "country": "GB"}), "near"),
        ] {
            let hits = house.engine.duplicates(&other, "customer", ask(draft)).await.unwrap()["hits"].clone();
            assert_eq!(
                (hits[0]["rule"].clone(), hits[0]["readable"].clone(), hits[0]["tell"]["owner"]["name"].clone()),
                (json!(rule), json!(false), json!("李娜")),
                "{hits}"
            );
            assert!(!hits.to_string().contains("Crown"), "{hits}");
        }
        for draft in [json!({"company": "Crown Tools", "country": "DE"}), json!({"company": "", "country": "GB"})] {
            assert_eq!(house.engine.duplicates(&other, "customer", ask(draft)).await.unwrap()["hits"], json!([]));
        }
        // made anyway it is refused, whoever may read the first one; its contact too
        let draft =
            |name: &str| json!({"company": name, "country": "GB", "source": "fair", "product_lines": ["hardware"]});
        let refused = |error: EngineError| match error {
            EngineError::Refused(r) => r.faults.iter().map(|f| (f.path.clone(), f.code.code)).collect::<Vec<_>>(),
            other => panic!("{other}"),
        };
        let again = house.engine.create(&other, "customer", ask(draft("CROWN tools")), None).await;
        assert_eq!(refused(again.unwrap_err()), [("company".to_string(), "duplicate")]);
        let made = house.engine.create(&other, "customer", ask(draft("Bell Timber")), None).await.unwrap();
        let renamed =
            house.engine.update(&other, "customer", made.id, ask(json!({"company": "Crown Tools"})), None).await;
        assert_eq!(refused(renamed.unwrap_err()), [("company".to_string(), "duplicate")]);
        let contact = json!({"customer": made.id, "name": "Anna", "email": "Anna@Crown.example.com"});
        let made = house.engine.create(&other, "contact", ask(contact), None).await;
        assert_eq!(refused(made.unwrap_err()), [("email".to_string(), "duplicate")]);
    });
}
