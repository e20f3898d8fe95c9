//! Operators, their sessions and tokens.

use diesel::{allow_tables_to_appear_in_same_query, table};

table! {
    operator (id) {
        id -> Text,
        name -> Text,
        provider -> Text,
        subject -> Text,
        roles -> Text,
        state -> Text,
        password -> Nullable<Text>,
        password_is_one_time -> Bool,
        password_expires_at -> Nullable<BigInt>,
        password_changed_at -> Nullable<BigInt>,
        totp_secret -> Nullable<Binary>,
        totp_enrolled_at -> Nullable<BigInt>,
        totp_last_step -> BigInt,
        created_by -> Text,
        created_at -> BigInt,
        signed_in_at -> Nullable<BigInt>,
    }
}

table! {
    operator_recovery_code (operator_id, code_sha256) {
        operator_id -> Text,
        code_sha256 -> Binary,
        used_at -> Nullable<BigInt>,
    }
}

table! {
    operator_session (id) {
        id -> Text,
        token_sha256 -> Binary,
        operator_id -> Text,
        stage -> Text,
        method -> Text,
        address -> Text,
        user_agent -> Text,
        created_at -> BigInt,
        seen_at -> BigInt,
        proved_at -> BigInt,
        expires_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
        certificate -> Nullable<Binary>,
    }
}

table! {
    api_token (id) {
        id -> Text,
        token_sha256 -> Binary,
        operator_id -> Text,
        name -> Text,
        roles -> Text,
        scopes -> Text,
        created_at -> BigInt,
        expires_at -> BigInt,
        last_used_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
    }
}

table! {
    sign_in_failure (key_sha256) {
        key_sha256 -> Binary,
        failures -> BigInt,
        failed_at -> BigInt,
        locked_until -> BigInt,
    }
}

allow_tables_to_appear_in_same_query!(operator, operator_session);
allow_tables_to_appear_in_same_query!(operator, api_token);
