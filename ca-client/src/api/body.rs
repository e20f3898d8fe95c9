//! Bodies of answers, no larger than they may be.

use reqwest::Response;

/// The body; none if it has more octets than this.
pub(super) async fn body(mut answer: Response, largest: usize) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(piece) = answer.chunk().await? {
        if body.len() + piece.len() > largest {
            return Ok(None);
        }
        body.extend_from_slice(&piece);
    }
    Ok(Some(body))
}
