//! Figures that are true at the moment somebody looks at `/metrics`.

use crate::app::App;
use crate::ops::timestamp::watch;

/// Sets the gauges.
pub fn refresh(app: &App) {
    watch::gauges(app);
    let now = app.clock.now();
    for authority in app.authorities.all() {
        let left = seconds(authority.issuer.certificate().validity().not_after) - seconds(now);
        metrics::gauge!("signet_ca_certificate_expires_seconds", "authority" => authority.issuer.slug().to_owned())
            .set(left);
    }
    for (authority, shard, crl) in app.crls.all() {
        let labels = [("authority", authority), ("shard", shard.to_string())];
        metrics::gauge!("signet_crl_age_seconds", &labels).set(seconds(now) - seconds(crl.this_update));
        metrics::gauge!("signet_crl_expires_seconds", &labels).set(seconds(crl.next_update) - seconds(now));
        #[expect(clippy::cast_precision_loss, reason = "counts of entries stay far below 2^52")]
        metrics::gauge!("signet_crl_entries", &labels).set(crl.entries as f64);
    }
}

#[expect(clippy::cast_precision_loss, reason = "seconds since 1970 stay far below 2^52")]
fn seconds(instant: ca_core::time::UnixTime) -> f64 {
    instant.seconds() as f64
}
