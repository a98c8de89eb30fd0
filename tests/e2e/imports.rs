//! What a file of rows may be: characters that no database keeps are taken out and told, a name that lies is refused, sizes have
//! a limit that is said, and the job counts what it did.

use crate::site::{Client, Reply, Site};
use formwright_exchange::write::Out;
use formwright_exchange::write::xlsx::{Column, XlsxWriter};
use serde_json::{Value as Json, json};
use std::io::{Read, Write};

fn desk(site: &Site) -> Client<'_> {
    site.publish(vec![
        json!({"kind": "app", "app": "desk", "name": "desk", "title": "Desk"}),
        json!({"kind": "form", "app": "desk", "name": "paper", "title": "Paper", "title_field": "name", "key": "code", "record": {"type": "object", "required": ["name"], "properties": {
            "code": {"type": "string", "title": "Code", "field": {"type": "text", "unique": true}}, "name": {"type": "string", "title": "Name"}, "grade": {"enum": ["A", "B"], "title": "Grade"}}}}),
    ]);
    site.admin()
}

fn send(client: &Client, texts: &[(&str, &str)], name: &str, bytes: &[u8]) -> Reply {
    client.post_parts("/api/records/paper/import", texts, ("file", name, bytes))
}

fn job(client: &Client, texts: &[(&str, &str)], name: &str, bytes: &[u8]) -> Json {
    let reply = send(client, texts, name, bytes);
    assert_eq!(reply.status, 202, "{name} {}", reply.text());
    let job = client.job(reply.json()["job"].as_str().unwrap());
    assert_eq!(job["state"], "done", "{name} {job}");
    job
}

fn workbook(rows: &[[&str; 3]]) -> Vec<u8> {
    let columns = ["Code", "Name", "Grade"].map(Column::titled).into();
    let mut writer = XlsxWriter::new("Data", columns, false).unwrap();
    for row in rows {
        writer.row(&row.map(|cell| Out::text(cell.to_string()))).unwrap();
    }
    let mut out = std::io::Cursor::new(Vec::new());
    writer.finish(&mut out).unwrap();
    out.into_inner()
}

fn warned(job: &Json) -> Vec<(u64, String, String)> {
    let text = |w: &Json, member: &str| w[member].as_str().unwrap().to_string();
    job["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|w| (w["row"].as_u64().unwrap(), text(w, "field"), text(w, "code")))
        .collect()
}

on_both! {
    fn characters_that_cannot_be_kept_are_taken_out_of_their_cell_and_told(site) {
        let admin = desk(site);
        let lines = |code: &str| format!("Code,Name,Grade\n{code},Nul\u{0}x\u{1} \u{516c}\u{b}\u{53f8},A\u{2}\nplain {code},Plain,B\n");
        let utf16 = |text: &str, low_first: bool| -> Vec<u8> {
            std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(|unit| if low_first { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
        };
        let latin = b"Code,Name,Grade\nlatin,M\xfcl\x01ler,A\x02\n".to_vec();
        let mut gb18030 = b"Code,Name,Grade\ngb,Nul\0x\x01 ".to_vec();
        gb18030.extend([0xb9, 0xab, 0x0b, 0xcb, 0xbe]);
        gb18030.extend(b",A\x02\n");
        let marked = format!("\u{feff}{}", lines("mark")).into_bytes();
        let chosen = json!({"options": {"encoding": "windows-1252"}}).to_string();
        let book = workbook(&[["book", "Nul\u{1}x \u{516c}\u{53f8}", "A\u{2}"]]);
        let tidy = "Nulx \u{516c}\u{53f8}";
        let files: Vec<(&str, Vec<(&str, &str)>, &str, Vec<u8>, &str)> = vec![
            ("utf8", vec![], "a.csv", lines("utf8").into_bytes(), tidy), ("mark", vec![], "a.csv", marked, tidy), ("gb", vec![], "a.txt", gb18030, tidy),
            ("le", vec![], "a.csv", utf16(&lines("le"), true), tidy), ("be", vec![], "a.txt", utf16(&lines("be"), false), tidy),
            ("latin", vec![("mapping", chosen.as_str())], "a.csv", latin, "M\u{fc}ller"), ("book", vec![], "a.xlsx", book, tidy),
        ];
        for (code, texts, name, bytes, wanted) in files {
            let done = job(&admin, &texts, name, &bytes);
            let told: Vec<_> = warned(&done).into_iter().filter(|w| w.2 == "characters_removed").collect();
            assert_eq!(told, [(2, "name".to_string(), "characters_removed".to_string()), (2, "grade".to_string(), "characters_removed".to_string())], "{code} {done}");
            let found = admin.items("paper", json!({"filter": {"field": "code", "op": "eq", "value": code}}));
            assert_eq!((&found[0]["name"], &found[0]["grade"]), (&json!(wanted), &json!("A")), "{code}");
        }
        // a file of a few bytes
        job(&admin, &[], "a.csv", b"Code,Name\nt,a\0b\n");
        assert_eq!(admin.items("paper", json!({"filter": {"field": "code", "op": "eq", "value": "t"}}))[0]["name"], "ab");
        let before = admin.count("paper");
        for junk in [&b"\x00\x01\x02\x03\x04\x05\x06\x07"[..], b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff\x00\x00\xb8\x00", b"\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00", b"\xff\xfea\0\0\0\0\0\0\0"] {
            let reply = send(&admin, &[], "junk.csv", junk);
            assert_eq!(reply.status, 422, "{junk:?} {}", reply.text());
        }
        assert_eq!(admin.count("paper"), before);
    }

    fn a_file_that_is_not_what_its_name_says_is_refused_with_what_it_is(site) {
        let admin = desk(site);
        let text = b"Code,Name,Grade\nc,Name,A\n".to_vec();
        let book = workbook(&[["b", "Name", "A"]]);
        for (name, bytes, is) in [("a.xlsx", &text, "csv"), ("a.xls", &text, "csv"), ("a.ods", &text, "csv"), ("a.csv", &book, "xlsx"), ("A.TXT", &book, "xlsx"), ("a.xls", &book, "xlsx"), ("a.xlsb", &book, "xlsx")] {
            for (path, language, word) in [("import", "en", "named"), ("import", "zh-CN", "文件名"), ("import/preview", "en", "named")] {
                let reply = admin.with("accept-language", language).post_parts(&format!("/api/records/paper/{path}"), &[], ("file", name, bytes));
                assert_eq!(reply.problem(), (422, "file_type_mismatch".into()), "{name} {}", reply.text());
                let detail = reply.json()["detail"].as_str().unwrap().to_string();
                let said = if language == "en" { format!("({is})") } else { format!("（{is}）") };
                assert!(detail.contains(name) && detail.contains(&said) && detail.contains(word), "{detail}");
            }
        }
        assert_eq!((admin.count("paper"), admin.get("/api/jobs").json()["items"].as_array().unwrap().len()), (0, 0), "nothing is written");
        // a name that says nothing is not held against the content
        for (name, bytes) in [("rows", &text), ("rows.data", &book)] {
            job(&admin, &[], name, bytes);
        }
        assert_eq!(admin.count("paper"), 2);
    }

    fn a_job_tells_what_it_made_and_changed_and_when(site) {
        let admin = desk(site);
        let made = job(&admin, &[], "a.csv", b"Code,Name\nk1,One\nk2,Two\n,\nk3,\n");
        assert_eq!((&made["created"], &made["updated"], made["faults"].as_array().unwrap().len()), (&json!(2), &json!(0), 1), "{made}");
        let upserted = job(&admin, &[("mode", "upsert"), ("key", "code")], "a.csv", b"Code,Name\nk1,Uno\nk9,Nine\n");
        assert_eq!((&upserted["created"], &upserted["updated"]), (&json!(1), &json!(1)), "{upserted}");
        let members = admin.get("/api/openapi.json").json()["components"]["schemas"]["Job"]["properties"].clone();
        for job in [&made, &upserted, &admin.get("/api/jobs").json()["items"][0]] {
            for member in ["created_at", "updated_at"] {
                assert!(job[member].as_str().is_some_and(|t| t.starts_with("2026-11-20T10:00:00")), "{job}");
            }
            assert!(["created", "updated", "created_at", "updated_at"].iter().all(|m| job.get(m).is_some() && members.get(m).is_some()), "{members}");
        }
    }

    fn a_file_over_the_limit_is_refused_unread_and_the_page_says_what_is_read(site) {
        let admin = desk(site);
        let bearer = &admin.headers[0].1;
        for path in ["import", "import/preview"] {
            let mut stream = std::net::TcpStream::connect(&site.address).unwrap();
            write!(stream, "POST /api/records/paper/{path} HTTP/1.1\r\nHost: x\r\nAuthorization: {bearer}\r\nContent-Type: multipart/form-data; boundary=edge\r\nContent-Length: 80000000\r\nConnection: close\r\n\r\n--edge\r\n").unwrap();
            let mut reply = Vec::new();
            stream.read_to_end(&mut reply).unwrap();
            let reply = String::from_utf8_lossy(&reply);
            assert!(reply.starts_with("HTTP/1.1 413") && reply.contains("file_too_large") && reply.contains("76 MB") && reply.contains("64 MB"), "{path} {reply}");
        }
        let page = site.session("admin").get("/forms/paper/import").text();
        assert!(page.contains("xlsx, xlsb, xls, ods, csv, tsv or txt, up to 64\u{a0}MB") && page.contains("data-max-bytes=\"67108864\""), "{page}");
        assert_eq!(admin.get("/api/jobs").json()["items"], json!([]));
    }
}
