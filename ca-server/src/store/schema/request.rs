//! Requests that people approve, and notices.

use diesel::{allow_tables_to_appear_in_same_query, table};

table! {
    issuance_request (id) {
        id -> Text,
        state -> Text,
        revision -> BigInt,
        digest -> Binary,
        profile -> Text,
        issuer -> Text,
        subject -> Text,
        names -> Text,
        key_algorithm -> Text,
        spki_sha256 -> Binary,
        approvals_required -> BigInt,
        requester -> Text,
        requester_person -> Nullable<Text>,
        owner -> Nullable<Text>,
        notify -> Nullable<Text>,
        submission -> Nullable<Text>,
        submission_digest -> Nullable<Binary>,
        outcome -> Nullable<Text>,
        certificate_id -> Nullable<Text>,
        private_key -> Nullable<Binary>,
        key_delivered_at -> Nullable<BigInt>,
        created_at -> BigInt,
        expires_at -> BigInt,
        ended_at -> Nullable<BigInt>,
    }
}

table! {
    issuance_request_revision (request_id, revision) {
        request_id -> Text,
        revision -> BigInt,
        digest -> Binary,
        content -> Binary,
        created_by -> Text,
        author -> Nullable<Text>,
        created_at -> BigInt,
    }
}

table! {
    issuance_request_vote (request_id, revision, voter) {
        request_id -> Text,
        revision -> BigInt,
        digest -> Binary,
        voter -> Text,
        created_at -> BigInt,
    }
}

table! {
    issuance_request_event (request_id, id) {
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
    issuance_request_fetch_code (id) {
        id -> Text,
        request_id -> Text,
        code_hash -> Binary,
        created_by -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
    }
}

table! {
    notice (id) {
        id -> Text,
        kind -> Text,
        channel -> Text,
        recipient -> Text,
        payload -> Text,
        once_key -> Nullable<Text>,
        state -> Text,
        attempts -> BigInt,
        next_try -> BigInt,
        last_error -> Nullable<Text>,
        created_at -> BigInt,
        ended_at -> Nullable<BigInt>,
    }
}

allow_tables_to_appear_in_same_query!(issuance_request, issuance_request_vote);
