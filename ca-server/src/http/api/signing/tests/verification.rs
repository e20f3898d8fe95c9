//! Judging signatures that cannot be judged.

use super::*;

#[tokio::test]
async fn what_is_no_signature_is_judged_bad_or_refused() {
    let house = House::new().await;
    let token = house.token(json!({}));
    let asked = json!({"format": "cms-detached", "signature": "MAA=", "alg": "sha256", "digest": sha256("a")});
    let page = house.post("/api/v1/signing/verify", &token, &asked).await;
    let report = json_of(&page);
    assert_eq!((page.status, &report["accepted"]), (StatusCode::OK, &false.into()), "{report}");
    assert_ne!(report["findings"]["format"], "holds");
    for (member, value) in
        [("signature", "!"), ("signature", ""), ("format", "zip"), ("alg", "md5"), ("digest", "00"), ("digest", "x")]
    {
        let mut bad = asked.clone();
        bad[member] = value.into();
        let page = house.post("/api/v1/signing/verify", &token, &bad).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{member} {value}: {}", page.text);
    }
    assert_eq!(house.post("/api/v1/signing/verify", "", &asked).await.status, StatusCode::UNAUTHORIZED);
}
