//! The contents of attachments lie sealed in the data folder, and what was changed or cut off there is no content any more.

use super::attachment::{picture, stream_of, whole};
use super::house::House;
use super::import_files::files_below;
use super::shop;
use super::support::on_both;
use formwright_engine::files::{self, Size, UploadTarget};
use formwright_engine::{Context, EngineResult};
use formwright_store::{Snapshot, files as rows, keys};
use sha2::{Digest, Sha256};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use uuid::Uuid;

const TEXT: &str = "Confidential offer for plywood. ";
const CHUNK: usize = 64 << 10;

async fn upload(house: &House, cx: &Context, name: &str, bytes: &[u8]) -> Uuid {
    let file = house.engine.upload_file(cx, &UploadTarget::default(), name, stream_of(bytes)).await.unwrap();
    file["id"].as_str().unwrap().parse().unwrap()
}

async fn read(house: &House, cx: &Context, id: Uuid, size: Size) -> EngineResult<Vec<u8>> {
    house.engine.file(cx, id, size).await.map(|mut answer| whole(&mut answer))
}

/// The contents in the data folder, without their small copies.
fn contents(data: &Path) -> Vec<PathBuf> {
    let all = files_below(&data.join("files")).into_iter();
    all.filter(|path| !path.ends_with("lock") && !path.starts_with(data.join("files/small"))).collect()
}

/// What of the data folder shows a text or a picture, by content or by name.
fn readable(data: &Path, named: &[u8]) -> Vec<PathBuf> {
    let hash = hex::encode(Sha256::digest(named));
    let legible = |path: &PathBuf| {
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(TEXT.len()).any(|part| part == TEXT.as_bytes())
            || bytes.starts_with(b"\x89PNG")
            || bytes.starts_with(b"\xff\xd8")
            || path.to_string_lossy().contains(&hash)
    };
    files_below(data).into_iter().filter(legible).collect()
}

#[test]
fn nothing_of_an_attachment_can_be_read_in_the_data_folder() {
    on_both(|db| async move {
        let house = House::open(db, shop()).await;
        let cx = house.person("sam", &["seller"]).await;
        let data = house.engine.settings().data.clone();
        let text = TEXT.repeat(6000).into_bytes();
        let id = upload(&house, &cx, "offer.txt", &text).await;
        let photo = upload(&house, &cx, "photo.png", &picture()).await;
        for size in [Size::Thumb, Size::Medium] {
            let small = read(&house, &cx, photo, size).await.unwrap();
            assert_eq!(read(&house, &cx, photo, size).await.unwrap(), small, "the kept copy");
        }
        assert_eq!(files_below(&data.join("files/small")).len(), 2);
        assert_eq!(readable(&data, &text), Vec::<PathBuf>::new());
        assert_eq!(read(&house, &cx, id, Size::Original).await.unwrap(), text);
        assert_eq!(files_below(&data.join("files/tmp")).len(), 0, "nothing lies about");
        // the like is kept once, whoever sends it, and is known by nothing that could be tried out
        let bob = house.person("bob", &["seller"]).await;
        let again = upload(&house, &bob, "copy.txt", &text).await;
        assert_eq!(contents(&data).len(), 2);
        assert_eq!(read(&house, &bob, again, Size::Original).await.unwrap(), text);
        let mut tx = house.engine.db().reader(Snapshot::No).await.unwrap();
        let found = rows::find(&[id, again], &mut tx).await.unwrap();
        assert!(found.iter().all(|row| row.content.len() == 16 && row.content == found[0].content));
        let plain = Sha256::digest(&text).to_vec();
        assert!(rows::sealed_digests(&[plain], &mut tx).await.unwrap().is_empty());
        // of two that are damaged here one small copy is made anew
        for path in files_below(&data.join("files/small")) {
            std::fs::write(&path, b"FWFILE").unwrap();
        }
        assert!(read(&house, &cx, photo, Size::Thumb).await.unwrap().starts_with(b"\xff\xd8"));
    });
}

#[test]
fn any_part_of_a_sealed_content_is_read_and_a_changed_or_shortened_one_is_an_error() {
    on_both(|db| async move {
        let house = House::open(db, shop()).await;
        let cx = house.person("sam", &["seller"]).await;
        let content: Vec<u8> = (0..3 * CHUNK).map(|i| u8::try_from(i * 31 % 251).unwrap()).collect();
        let id = upload(&house, &cx, "a.bin", &content).await;
        let part = |from: usize, length: usize| {
            let (engine, cx) = (house.engine.clone(), cx.clone());
            async move {
                let mut answer = engine.file(&cx, id, Size::Original).await.map_err(|e| e.to_string())?;
                let mut out = vec![0; length];
                answer.content.seek(SeekFrom::Start(from as u64)).unwrap();
                answer.content.read_exact(&mut out).map_err(|e| e.to_string())?;
                Ok::<_, String>(out)
            }
        };
        for (from, length) in [(0, 1), (CHUNK - 1, 2), (CHUNK, CHUNK), (CHUNK - 5, CHUNK + 10), (3 * CHUNK - 1, 1)] {
            assert_eq!(part(from, length).await.unwrap(), content[from..from + length], "{from}");
        }
        let path = contents(&house.engine.settings().data).pop().unwrap();
        let sealed = std::fs::read(&path).unwrap();
        // of a changed chunk nothing is given out, and the others still are
        let mut changed = sealed.clone();
        changed[sealed.len() / 2] ^= 1;
        std::fs::write(&path, &changed).unwrap();
        assert_eq!(part(0, CHUNK).await.unwrap(), content[..CHUNK]);
        assert!(part(CHUNK + 100, 1).await.is_err());
        assert!(part(0, 3 * CHUNK).await.is_err());
        let backup = formwright_engine::backup::Archive { path: path.with_extension("backup"), passphrase: None };
        let database = house.engine.settings().data.join("no such database");
        assert!(formwright_engine::backup::backup(&house.system(), &database, &backup).await.is_err());
        // cut off anywhere, at the border of a chunk too, it does not open
        let whole_chunk = CHUNK + 16;
        for left in [sealed.len() - 1, sealed.len() - whole_chunk, sealed.len() - 2 * whole_chunk, 30, 0] {
            std::fs::write(&path, &sealed[..left]).unwrap();
            assert!(part(0, 1).await.is_err(), "{left} bytes are left");
            assert_eq!(house.engine.look_over_files().await.unwrap().faulty, 1);
        }
        std::fs::write(&path, &sealed).unwrap();
        assert_eq!(house.engine.look_over_files().await.unwrap().faulty, 0);
        std::fs::remove_file(&path).unwrap();
        assert!(part(0, 1).await.is_err());
        assert_eq!(house.engine.look_over_files().await.unwrap().faulty, 1);
    });
}

/// Lays the content of a file where and as an older version had it, since a day.
async fn as_before(house: &House, id: Uuid, bytes: &[u8]) -> PathBuf {
    let name = Sha256::digest(bytes).to_vec();
    let text = hex::encode(&name);
    let folder = house.engine.settings().data.join("files").join(&text[..2]);
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(&text);
    std::fs::write(&path, bytes).unwrap();
    let long_ago = SystemTime::now() - Duration::from_secs(25 * 3600);
    std::fs::File::options().write(true).open(&path).unwrap().set_modified(long_ago).unwrap();
    let write = house.engine.db().write(move |tx| {
        Box::pin(async move {
            let content = rows::find(&[id], tx).await?.remove(0).content;
            rows::rename_content(&content, &name, tx).await?;
            rows::forget_sealed(std::slice::from_ref(&content), tx).await?;
            keys::forget_named(&[format!("files/{}", hex::encode(content))], tx).await
        })
    });
    write.await.unwrap();
    path
}

#[test]
fn contents_of_an_older_version_are_read_and_sealed_by_the_housekeeping() {
    on_both(|db| async move {
        let house = House::open(db, shop()).await;
        let cx = house.person("sam", &["seller"]).await;
        let data = house.engine.settings().data.clone();
        let text = TEXT.repeat(6000).into_bytes();
        let id = upload(&house, &cx, "offer.txt", &text).await;
        let photo = upload(&house, &cx, "photo.png", &picture()).await;
        for path in contents(&data) {
            std::fs::remove_file(path).unwrap();
        }
        let plain = [as_before(&house, id, &text).await, as_before(&house, photo, &picture()).await];
        assert_eq!(read(&house, &cx, id, Size::Original).await.unwrap(), text);
        read(&house, &cx, photo, Size::Thumb).await.unwrap();
        let report = house.engine.look_over_files().await.unwrap();
        assert_eq!((report.contents, report.plain, report.faulty), (2, 2, 0));
        assert_eq!(readable(&data, &text).len(), 3, "two contents and a small copy");
        // one whose row nobody here knows stays where it is
        let strange =
            plain[0].with_file_name(format!("{}{}", &hex::encode(Sha256::digest(&text))[..2], "0".repeat(62)));
        std::fs::write(&strange, "another's").unwrap();
        std::fs::File::options().write(true).open(&strange).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(files::seal_plain(&house.engine).await.unwrap(), 2);
        assert!(strange.exists());
        assert_eq!(readable(&data, &text), Vec::<PathBuf>::new());
        assert_eq!(read(&house, &cx, id, Size::Original).await.unwrap(), text);
        assert_eq!(read(&house, &cx, photo, Size::Original).await.unwrap(), picture());
        read(&house, &cx, photo, Size::Thumb).await.unwrap();
        assert_eq!(house.engine.look_over_files().await.unwrap().plain, 0);
        // what was sealed and then not removed is removed the next time
        std::fs::write(&plain[0], &text).unwrap();
        std::fs::File::options().write(true).open(&plain[0]).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(files::seal_plain(&house.engine).await.unwrap(), 1);
        assert!(!plain[0].exists());
        // a like one that is sent now is known
        upload(&house, &cx, "again.txt", &text).await;
        assert_eq!(contents(&data).iter().filter(|path| **path != strange).count(), 2);
    });
}

#[test]
fn the_key_of_a_content_goes_with_the_last_file_that_has_it() {
    on_both(|db| async move {
        let house = House::open(db, shop()).await;
        let cx = house.person("sam", &["seller"]).await;
        let data = house.engine.settings().data.clone();
        let first = upload(&house, &cx, "photo.png", &picture()).await;
        read(&house, &cx, first, Size::Thumb).await.unwrap();
        house.pass(20);
        let later = Context { now: house.engine.now(), ..cx.clone() };
        let second = upload(&house, &later, "again.png", &picture()).await;
        house.pass(5);
        assert_eq!(files::collect(&house.engine).await.unwrap(), 1);
        assert_eq!(read(&house, &cx, second, Size::Original).await.unwrap(), picture());
        let key = format!("files/{}", contents(&data)[0].file_name().unwrap().to_str().unwrap());
        let mut tx = house.engine.db().reader(Snapshot::No).await.unwrap();
        assert!(keys::named(&key, &mut tx).await.unwrap().is_some());
        drop(tx);
        house.pass(25);
        assert_eq!(files::collect(&house.engine).await.unwrap(), 1);
        let mut tx = house.engine.db().reader(Snapshot::No).await.unwrap();
        assert_eq!(keys::named(&key, &mut tx).await.unwrap(), None);
        assert_eq!(files_below(&data.join("files")), [data.join("files/lock")]);
    });
}
