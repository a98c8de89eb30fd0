//! Styles, scripts and icons, built from `web/` and embedded. Names carry a hash of the content, so answers may be cached for ever
//! (`Cache-Control: public, max-age=31536000, immutable`).

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// A file served under `/assets/{name}`.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// Name with hash: `app-2CWKHEMV.js`.
    pub name: &'static str,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// The content.
    pub bytes: &'static [u8],
    /// The content compressed with brotli, when that is smaller.
    pub brotli: Option<&'static [u8]>,
    /// The content compressed with gzip, when that is smaller.
    pub gzip: Option<&'static [u8]>,
}

/// The file of a hashed name, as in the path.
pub fn find_asset(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.name == name)
}

/// All files.
pub fn assets() -> &'static [Asset] {
    ASSETS
}

/// The scripts that come with a plain one (`list.js`), itself first; what is loaded later is not among them.
pub fn scripts_of(name: &str) -> &'static [&'static str] {
    LOADS.iter().find(|(plain, _)| *plain == name).map_or(&[], |(_, files)| *files)
}

/// The hashed name of a plain one (`app.js`); `None` when the build had no such file.
pub(crate) fn hashed_name(name: &str) -> Option<&'static str> {
    MANIFEST.iter().find(|(plain, _)| *plain == name).map(|(_, hashed)| *hashed)
}

/// Whether the sprite has an icon.
pub(crate) fn has_icon(name: &str) -> bool {
    ICONS.binary_search(&name).is_ok()
}
