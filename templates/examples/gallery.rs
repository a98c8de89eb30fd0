//! Draws every page with sample contents: `cargo run -p formwright-templates --example gallery -- FOLDER`. Serve the folder with any web
//! server and open `/en/list.html` or `/zh-CN/record.html`.

use std::fs;
use std::path::PathBuf;

use formwright_templates::{Locale, Pages, asset};

mod sample;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| "gallery".to_owned()));
    fs::create_dir_all(folder.join("assets"))?;
    for file in asset::assets() {
        fs::write(folder.join("assets").join(file.name), file.bytes)?;
    }
    let pages = Pages::new("")?;
    for locale in Locale::ALL {
        let target = folder.join(locale.code());
        fs::create_dir_all(&target)?;
        for (name, active, signed_in, page) in sample::pages(sample::Words(locale)) {
            let context = sample::context(locale, signed_in, active);
            fs::write(target.join(format!("{name}.html")), pages.render(&page, &context)?)?;
        }
    }
    println!("{}", folder.display());
    Ok(())
}
