//! Style sheet, script and icon: compiled in, each under a URL that holds a digest of its content, so that a browser may
//! keep it for ever and still never shows an old one.

/// Value of `Cache-Control` for every asset.
pub const CACHE_CONTROL: &str = "public, max-age=31536000, immutable";

/// Every asset that a page can refer to.
pub static ASSETS: &[Asset] = &[STYLE, SCRIPT, HTMX, ICON];

pub(crate) const STYLE: Asset = asset!("signet", "css", "text/css; charset=utf-8");
pub(crate) const SCRIPT: Asset = asset!("signet", "js", "text/javascript; charset=utf-8");
/// Made by others: see `static/VENDOR.md`.
pub(crate) const HTMX: Asset = asset!("htmx", "js", "text/javascript; charset=utf-8");
pub(crate) const ICON: Asset = asset!("signet", "svg", "image/svg+xml");

/// One static file.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// Path of its URL, such as `/assets/signet-0123456789abcdef.css`.
    pub path: &'static str,
    /// Value of `Content-Type`.
    pub content_type: &'static str,
    /// The file.
    pub bytes: &'static [u8],
}

/// The asset at this path of a URL.
pub fn find(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.path == path)
}

/// A page whose asset URLs have no digests: these change with every edit of an asset, and the page does not.
#[cfg(test)]
pub(crate) fn without_digests(html: String) -> String {
    ASSETS.iter().fold(html, |html, asset| {
        let (stem, extension) = asset.path.rsplit_once('.').unwrap_or_default();
        let name = stem.rsplit_once('-').unwrap_or_default().0;
        html.replace(asset.path, &format!("{name}-DIGEST.{extension}"))
    })
}

/// The bytes of a hexadecimal FNV-1a digest of `content`. It tells versions apart; it protects nothing.
const fn digest(content: &[u8]) -> [u8; 16] {
    let mut state: u64 = 0xcbf2_9ce4_8422_2325;
    let mut at = 0;
    while at < content.len() {
        state = (state ^ content[at] as u64).wrapping_mul(0x0000_0100_0000_01b3);
        at += 1;
    }
    let mut text = [0; 16];
    let mut digit = 0;
    while digit < text.len() {
        text[digit] = b"0123456789abcdef"[(state >> (60 - 4 * digit)) as usize & 15];
        digit += 1;
    }
    text
}

/// `parts` one after the other; `N` must be the sum of their lengths.
const fn join<const N: usize>(parts: &[&[u8]]) -> [u8; N] {
    let mut joined = [0; N];
    let (mut part, mut end) = (0, 0);
    while part < parts.len() {
        let mut at = 0;
        while at < parts[part].len() {
            joined[end] = parts[part][at];
            at += 1;
            end += 1;
        }
        part += 1;
    }
    assert!(end == N, "N is the sum of the lengths");
    joined
}

const fn text(bytes: &[u8]) -> &str {
    match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => panic!("the name of an asset is ASCII"),
    }
}

/// `asset!("NAME", "EXTENSION", CONTENT_TYPE)` is the file `static/NAME.EXTENSION`.
macro_rules! asset {
    ($name:literal, $extension:literal, $content_type:literal) => {{
        const BYTES: &[u8] = include_bytes!(concat!("../static/", $name, ".", $extension));
        const DIGEST: [u8; 16] = digest(BYTES);
        const PARTS: &[&[u8]] =
            &[concat!("/assets/", $name, "-").as_bytes(), &DIGEST, concat!(".", $extension).as_bytes()];
        const PATH: [u8; PARTS[0].len() + PARTS[1].len() + PARTS[2].len()] = join(PARTS);
        Asset { path: text(&PATH), content_type: $content_type, bytes: BYTES }
    }};
}
use asset;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_holds_the_digest_of_the_content() {
        // The published test vector of FNV-1a, 64 bits.
        assert_eq!(&digest(b"foobar"), b"85944171f73967e8");
        for asset in ASSETS {
            let (path, digest) = (asset.path, digest(asset.bytes));
            let digest = text(&digest);
            let names = ["signet", "htmx"].map(|name| format!("/assets/{name}-{digest}."));
            assert!(names.iter().any(|name| path.starts_with(name)), "{path}");
        }
    }

    #[test]
    fn what_others_made_is_unchanged() {
        // See `static/VENDOR.md`.
        assert_eq!(HTMX.path, "/assets/htmx-baac74ea54b4941b.js");
    }

    #[test]
    fn scripts_stay_small() {
        let size: usize = [SCRIPT, HTMX].iter().map(|asset| asset.bytes.len()).sum();
        assert!(size < 60 * 1024, "{size} bytes of script");
        assert!(STYLE.bytes.len() < 40 * 1024, "{} bytes of style", STYLE.bytes.len());
    }

    #[test]
    fn only_known_paths_are_found() {
        assert_eq!(find(STYLE.path).map(|asset| asset.content_type), Some("text/css; charset=utf-8"));
        assert!(find("/assets/signet.css").is_none());
        assert!(find("").is_none());
    }

    #[test]
    fn nothing_refers_to_another_host() {
        for asset in ASSETS {
            let content = text(asset.bytes).replace("http://www.w3.org/2000/svg", "");
            assert!(!content.contains("http://") && !content.contains("https://"), "{}", asset.path);
            assert!(!content.contains("@import") && !content.contains("url("));
        }
    }
}
