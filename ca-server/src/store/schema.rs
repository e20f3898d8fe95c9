//! The tables as diesel sees them; a test compares them with what the migrations make.

use diesel::{allow_tables_to_appear_in_same_query, table};

mod operator_access;
mod request;
mod signing;

pub(super) use operator_access::*;
pub(super) use request::*;
pub(super) use signing::*;

table! {
    installation (id) {
        id -> Text,
        name -> Text,
        created_at -> BigInt,
    }
}

table! {
    data_encryption_key (key_version) {
        key_version -> BigInt,
        hsm -> Text,
        wrapped -> Binary,
        created_at -> BigInt,
    }
}

table! {
    sealed_secret (name) {
        name -> Text,
        sealed -> Binary,
        created_at -> BigInt,
    }
}

table! {
    hsm_key (id) {
        id -> Text,
        hsm -> Text,
        locator -> Text,
        algorithm -> Text,
        public_key -> Binary,
        spki_sha256 -> Binary,
        purposes -> Text,
        state -> Text,
        provenance -> Text,
        created_at -> BigInt,
        state_changed_at -> BigInt,
    }
}

table! {
    issuer (slug) {
        slug -> Text,
        authority -> Text,
        generation -> BigInt,
        kind -> Text,
        state -> Text,
        subject -> Text,
        serial -> Text,
        der -> Binary,
        key_id -> Text,
        parent -> Nullable<Text>,
        not_before -> BigInt,
        not_after -> BigInt,
        crl_shards -> BigInt,
        created_at -> BigInt,
    }
}

table! {
    profile_version (hash) {
        hash -> Binary,
        name -> Text,
        canonical -> Text,
        created_at -> BigInt,
        withdrawn_at -> Nullable<BigInt>,
    }
}

table! {
    policy_set (hash) {
        hash -> Binary,
        canonical -> Text,
        created_at -> BigInt,
    }
}

table! {
    blocked_key (spki_sha256) {
        spki_sha256 -> Binary,
        reason -> Text,
        source -> Text,
        created_at -> BigInt,
    }
}

table! {
    issuance_intent (id) {
        id -> Text,
        state -> Text,
        issuer -> Text,
        serial -> Text,
        tbs_certificate -> Binary,
        certificate_id -> Text,
        order_id -> Nullable<Text>,
        submission -> Nullable<Text>,
        endpoint -> Nullable<Text>,
        account_id -> Nullable<Text>,
        requester -> Text,
        profile -> Text,
        profile_hash -> Binary,
        policy_set_hash -> Binary,
        decision -> Text,
        spki_sha256 -> Binary,
        not_before -> BigInt,
        not_after -> BigInt,
        subject -> Text,
        names -> Text,
        names_hash -> Binary,
        crl_shard -> BigInt,
        status_url -> Text,
        replaces -> Nullable<Text>,
        owner -> Nullable<Text>,
        request_id -> Text,
        lease_holder -> Text,
        lease_until -> BigInt,
        created_at -> BigInt,
        finished_at -> Nullable<BigInt>,
    }
}

table! {
    certificate (id) {
        id -> Text,
        issuer -> Text,
        serial -> Text,
        der -> Binary,
        fingerprint -> Binary,
        order_id -> Nullable<Text>,
        endpoint -> Nullable<Text>,
        account_id -> Nullable<Text>,
        requester -> Text,
        profile -> Text,
        profile_hash -> Binary,
        policy_set_hash -> Binary,
        spki_sha256 -> Binary,
        not_before -> BigInt,
        not_after -> BigInt,
        subject -> Text,
        names -> Text,
        names_hash -> Binary,
        crl_shard -> BigInt,
        status_url -> Text,
        replaces -> Nullable<Text>,
        owner -> Nullable<Text>,
        issued_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
        reason -> Nullable<Text>,
        invalidity_date -> Nullable<BigInt>,
        renew_by -> Nullable<BigInt>,
    }
}

table! {
    certificate_name (name, certificate_id, kind) {
        name -> Text,
        certificate_id -> Text,
        kind -> Text,
        reversed -> Text,
    }
}

table! {
    revoked_serial (issuer, shard, serial) {
        issuer -> Text,
        shard -> BigInt,
        serial -> Text,
        revoked_at -> BigInt,
        reason -> Text,
        invalidity_date -> Nullable<BigInt>,
        not_after -> BigInt,
    }
}

table! {
    crl (issuer, shard, number) {
        issuer -> Text,
        shard -> BigInt,
        number -> BigInt,
        this_update -> BigInt,
        next_update -> BigInt,
        entries -> BigInt,
        size -> BigInt,
        sha256 -> Binary,
        fencing -> BigInt,
        is_current -> Bool,
        created_at -> BigInt,
    }
}

table! {
    crl_chunk (issuer, shard, number, position) {
        issuer -> Text,
        shard -> BigInt,
        number -> BigInt,
        position -> BigInt,
        bytes -> Binary,
    }
}

table! {
    acme_account (id) {
        id -> Text,
        endpoint -> Text,
        jwk_thumbprint -> Text,
        jwk -> Text,
        spki_sha256 -> Binary,
        contacts -> Text,
        state -> Text,
        terms_agreed_at -> Nullable<BigInt>,
        external_account_id -> Nullable<Text>,
        created_from -> Text,
        created_at -> BigInt,
    }
}

table! {
    external_account (id) {
        id -> Text,
        endpoint -> Text,
        name -> Text,
        hmac_key -> Binary,
        created_by -> Text,
        created_at -> BigInt,
        expires_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
        account_id -> Nullable<Text>,
        bound_at -> Nullable<BigInt>,
    }
}

table! {
    acme_order (id) {
        id -> Text,
        endpoint -> Text,
        account_id -> Text,
        profile -> Text,
        profile_hash -> Binary,
        identifiers -> Text,
        not_before -> Nullable<BigInt>,
        not_after -> Nullable<BigInt>,
        replaces -> Nullable<Text>,
        finalization -> Text,
        problem -> Nullable<Text>,
        certificate_id -> Nullable<Text>,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

table! {
    acme_authorization (id) {
        id -> Text,
        endpoint -> Text,
        account_id -> Text,
        identifier_kind -> Text,
        identifier -> Text,
        wildcard -> Bool,
        state -> Text,
        validated_at -> Nullable<BigInt>,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

table! {
    acme_order_authorization (order_id, position) {
        order_id -> Text,
        position -> BigInt,
        authorization_id -> Text,
    }
}

table! {
    acme_challenge (authorization_id, kind) {
        authorization_id -> Text,
        kind -> Text,
        id -> Text,
        token -> Text,
        state -> Text,
        validated_at -> Nullable<BigInt>,
        problem -> Nullable<Text>,
    }
}

table! {
    validation_attempt (authorization_id, id) {
        authorization_id -> Text,
        id -> Text,
        challenge_id -> Text,
        started_at_micros -> BigInt,
        finished_at_micros -> BigInt,
        passed -> Bool,
        evidence -> Text,
    }
}

table! {
    nonce_epoch (id) {
        id -> BigInt,
        epoch -> Binary,
        created_at -> BigInt,
    }
}

table! {
    nonce_used (nonce) {
        nonce -> Binary,
        expires_at -> BigInt,
    }
}

table! {
    job (id) {
        id -> Text,
        kind -> Text,
        key -> Text,
        payload -> Text,
        run_at -> BigInt,
        requested -> BigInt,
        attempts -> BigInt,
        lease_holder -> Nullable<Text>,
        last_error -> Nullable<Text>,
        created_at -> BigInt,
    }
}

table! {
    lease (name) {
        name -> Text,
        holder -> Text,
        fencing -> BigInt,
        expires_at_micros -> BigInt,
    }
}

table! {
    audit_event (id) {
        id -> Text,
        at_micros -> BigInt,
        actor -> Text,
        action -> Text,
        object -> Text,
        decision -> Text,
        origin -> Text,
        request_id -> Text,
        body -> Binary,
        leaf_hash -> Binary,
    }
}

// ---- idempotency

table! {
    idempotency_key (actor, key) {
        actor -> Text,
        key -> Text,
        request_digest -> Binary,
        status -> Nullable<BigInt>,
        content_type -> Nullable<Text>,
        location -> Nullable<Text>,
        body -> Nullable<Binary>,
        started_at -> BigInt,
        finished_at -> Nullable<BigInt>,
    }
}

allow_tables_to_appear_in_same_query!(acme_authorization, acme_challenge, acme_order, acme_order_authorization);

// One change to many certificates.

table! {
    bulk_change (id) {
        id -> Text,
        kind -> Text,
        state -> Text,
        parameters -> Text,
        selection -> Text,
        actor -> Text,
        acting_as -> Text,
        origin -> Text,
        request_id -> Text,
        total -> BigInt,
        changed -> BigInt,
        unchanged -> BigInt,
        refused -> BigInt,
        last_error -> Nullable<Text>,
        created_at -> BigInt,
        finished_at -> Nullable<BigInt>,
    }
}

table! {
    bulk_item (change_id, position) {
        change_id -> Text,
        position -> BigInt,
        certificate_id -> Text,
        outcome -> Nullable<Text>,
        detail -> Nullable<Text>,
    }
}

allow_tables_to_appear_in_same_query!(bulk_item, certificate);

// What the dashboard shows.

table! {
    certificate_count (kind, day, value) {
        kind -> Text,
        day -> BigInt,
        value -> Text,
        count -> BigInt,
    }
}

table! {
    count_progress (name) {
        name -> Text,
        at -> BigInt,
        certificate_id -> Text,
    }
}

table! {
    expiry_watch (certificate_id) {
        certificate_id -> Text,
        names_hash -> Binary,
        not_after -> BigInt,
        watch_at -> BigInt,
        is_usual -> Bool,
    }
}

allow_tables_to_appear_in_same_query!(certificate, expiry_watch);
