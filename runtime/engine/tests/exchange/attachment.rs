//! Files that records hold: whose they are, and when they go.

use super::house::{House, code};
use super::shop;
use super::support::on_both;
use bytes::Bytes;
use formwright_engine::Context;
use formwright_engine::files::{self, FileAnswer, Size, UploadTarget};
use futures_util::stream;
use serde_json::{Value as Json, json};
use std::io::Read;
use uuid::Uuid;

pub fn whole(answer: &mut FileAnswer) -> Vec<u8> {
    let mut out = Vec::new();
    answer.content.read_to_end(&mut out).unwrap();
    assert_eq!(out.len() as u64, answer.size);
    out
}

pub fn stream_of(
    bytes: &[u8],
) -> impl futures_util::Stream<Item = Result<Bytes, std::io::Error>> + Unpin + Send + use<> {
    stream::iter(bytes.chunks(1000).map(|c| Ok(Bytes::copy_from_slice(c))).collect::<Vec<_>>())
}

pub fn picture() -> Vec<u8> {
    let mut out = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(800, 400).write_to(&mut out, image::ImageFormat::Png).unwrap();
    out.into_inner()
}

#[test]
fn a_file_is_its_uploaders_until_a_record_holds_it_and_goes_when_none_does() {
    on_both(|db| async move {
        let house = House::open(db, shop()).await;
        let (ann, bob, may) = (
            house.person("ann", &["seller"]).await,
            house.person("bob", &["seller"]).await,
            house.person("may", &["head"]).await,
        );
        let target = UploadTarget { form: Some("deal".into()), field: Some("photos".into()) };
        let upload = |cx: Context, name: &'static str, bytes: Vec<u8>| {
            let (engine, target) = (house.engine.clone(), target.clone());
            async move { engine.upload_file(&cx, &target, name, stream_of(&bytes)).await }
        };
        let refused = upload(ann.clone(), "a.png", b"<html>".to_vec()).await.unwrap_err();
        assert_eq!(code(&refused), "file_type_not_accepted");
        let large = upload(ann.clone(), "a.png", vec![0x89; (1 << 20) + 1]).await.unwrap_err();
        assert_eq!(code(&large), "file_too_large");
        let file = upload(ann.clone(), "../仓库.png", picture()).await.unwrap();
        assert_eq!((file["name"].clone(), file["type"].clone()), (json!("仓库.png"), json!("image/png")));
        let id: Uuid = file["id"].as_str().unwrap().parse().unwrap();
        let get = |cx: Context, size: Size| {
            let engine = house.engine.clone();
            async move { engine.file(&cx, id, size).await }
        };
        let mut mine = get(ann.clone(), Size::Original).await.unwrap();
        assert_eq!(whole(&mut mine), picture());
        assert!(
            mine.disposition.starts_with("inline; filename=\"__.png\"; filename*=UTF-8''%E4%BB%93"),
            "{}",
            mine.disposition
        );
        assert_eq!(code(&get(bob.clone(), Size::Original).await.unwrap_err()), "not_found");

        let attach = |cx: Context, owner: Json| {
            let engine = house.engine.clone();
            let body = json!({"photos": [id], "owner": owner}).as_object().unwrap().clone();
            async move { engine.create(&cx, "deal", body, None).await }
        };
        assert_eq!(code(&attach(bob.clone(), json!(bob.author())).await.unwrap_err()), "validation_failed");
        let record = attach(ann.clone(), json!(ann.author())).await.unwrap();
        for (cx, sees) in [(&ann, true), (&may, true), (&bob, false)] {
            assert_eq!(get(cx.clone(), Size::Original).await.is_ok(), sees);
            assert_eq!(get(cx.clone(), Size::Thumb).await.is_ok(), sees);
        }
        let mut thumb = get(may.clone(), Size::Thumb).await.unwrap();
        assert_eq!((thumb.content_type.as_str(), thumb.thumbnail), ("image/jpeg", true));
        let small = image::load_from_memory(&whole(&mut thumb)).unwrap();
        assert_eq!((small.width(), small.height()), (320, 160));

        // a second upload of the same content that nobody holds goes alone; the held one stays
        let second = upload(bob.clone(), "b.png", picture()).await.unwrap();
        house.pass(25);
        assert_eq!(files::collect(&house.engine).await.unwrap(), 1);
        let gone: Uuid = second["id"].as_str().unwrap().parse().unwrap();
        assert_eq!(code(&house.engine.file(&bob, gone, Size::Original).await.unwrap_err()), "not_found");
        assert!(get(ann.clone(), Size::Original).await.is_ok());
        assert_eq!(record.version, 1);
    });
}
