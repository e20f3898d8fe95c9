//! Signatures over artifacts: requests, approvals, grants, keys and the ledger.

use diesel::{allow_tables_to_appear_in_same_query, table};

use super::{certificate, hsm_key};

table! {
    signing_profile_version (hash) {
        hash -> Binary,
        name -> Text,
        canonical -> Text,
        created_at -> BigInt,
    }
}

table! {
    signing_request (id) {
        id -> Text,
        state -> Text,
        profile -> Text,
        profile_hash -> Binary,
        environment -> Text,
        format -> Text,
        digest_set -> Binary,
        items -> BigInt,
        reason -> Text,
        subject -> Text,
        requester -> Text,
        requester_person -> Nullable<Text>,
        job_person -> Nullable<Text>,
        claims -> Text,
        provenance -> Text,
        open_key -> Nullable<Binary>,
        glass_broken_by -> Nullable<Text>,
        certificate_id -> Nullable<Text>,
        key_id -> Nullable<Text>,
        outcome -> Nullable<Text>,
        retryable -> Bool,
        attempts -> BigInt,
        next_try -> BigInt,
        lease_holder -> Nullable<Text>,
        lease_until -> BigInt,
        created_at -> BigInt,
        expires_at -> BigInt,
        ended_at -> Nullable<BigInt>,
    }
}

table! {
    signing_item (request_id, n) {
        request_id -> Text,
        n -> BigInt,
        name -> Text,
        algorithm -> Text,
        digest -> Binary,
        size -> Nullable<BigInt>,
        file_sha256 -> Nullable<Binary>,
    }
}

table! {
    signing_vote (request_id, voter) {
        request_id -> Text,
        voter -> Text,
        stage -> BigInt,
        digest_set -> Binary,
        created_at -> BigInt,
    }
}

table! {
    signing_event (request_id, id) {
        request_id -> Text,
        id -> Text,
        kind -> Text,
        actor -> Text,
        detail -> Text,
        policies -> Text,
        created_at -> BigInt,
    }
}

table! {
    signing_request_token (token_sha256) {
        token_sha256 -> Binary,
        request_id -> Text,
        created_at -> BigInt,
    }
}

table! {
    signing_token_use (token_sha256) {
        token_sha256 -> Binary,
        asked_sha256 -> Binary,
        expires_at -> BigInt,
    }
}

table! {
    signing_grant_use (profile, minute) {
        profile -> Text,
        minute -> BigInt,
        signatures -> BigInt,
    }
}

table! {
    signing_grant (id) {
        id -> Text,
        profile -> Text,
        grantee -> Text,
        max_signatures -> BigInt,
        used -> BigInt,
        created_by -> Text,
        created_at -> BigInt,
        not_after -> BigInt,
        revoked_by -> Nullable<Text>,
        revoked_at -> Nullable<BigInt>,
    }
}

table! {
    signing_key (key_id) {
        key_id -> Text,
        profile -> Text,
        hsm -> Text,
        algorithm -> Text,
        certificate_id -> Nullable<Text>,
        created_at -> BigInt,
        request_id -> Nullable<Text>,
        generation -> BigInt,
        destroyed_at -> Nullable<BigInt>,
    }
}

table! {
    signing_check (profile, kind) {
        profile -> Text,
        kind -> Text,
        checked_at -> BigInt,
        fault -> Nullable<Text>,
    }
}

table! {
    signature (id) {
        id -> Text,
        request_id -> Nullable<Text>,
        n -> Nullable<BigInt>,
        grant_id -> Nullable<Text>,
        profile -> Text,
        format -> Text,
        name -> Text,
        algorithm -> Text,
        digest -> Binary,
        subject -> Text,
        certificate_id -> Text,
        octets -> Binary,
        timestamp_at -> Nullable<BigInt>,
        timestamp_serial -> Nullable<Text>,
        created_at -> BigInt,
    }
}

allow_tables_to_appear_in_same_query!(signing_request, signing_item, signing_vote, signature);
allow_tables_to_appear_in_same_query!(signing_request, signing_request_token);
allow_tables_to_appear_in_same_query!(signing_item, certificate);
allow_tables_to_appear_in_same_query!(signature, certificate);
allow_tables_to_appear_in_same_query!(signing_key, signing_request, hsm_key);
