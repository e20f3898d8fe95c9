//! The lines that make a first request, for exactly this server.

use crate::parts::Recipe;

/// How a build asks for signatures under `profile` of the server at `server` (its public URL).
pub(super) fn asking(server: &str, profile: &str, format: &str) -> Vec<Recipe> {
    let file = example(format);
    let sign = format!("signet-sign sign --server {server} --profile {profile} --format {format} {file}");
    let token = "Not in a CI: make a token with the scope “signing” and the role operator on your account's page, and keep \
                 it in a file.";
    let line = format!(
        "signet-sign sign --server {server} --ca-file root.pem --token-file signing.token \\\n  --profile {profile} --format {format} {file}"
    );
    vec![
        Recipe::lines("GitHub Actions", format!("permissions:\n  id-token: write\nsteps:\n  - run: {sign}"))
            .then_text("The profile's trust rules name the repository; there is no secret to keep."),
        Recipe::lines(
            "GitLab CI",
            format!("sign:\n  id_tokens:\n    SIGNET_ID_TOKEN:\n      aud: {server}\n  script:\n    - {sign}"),
        ),
        Recipe::lines("A shell", line).then_text(token),
        Recipe::lines("Not waiting for people", sign.replacen(" sign ", " submit ", 1)).then_text(
            "The job ends at once with the exit code 3; the same line with “fetch” in a later job gets the signatures.",
        ),
    ]
}

/// What a file of the format may be called.
fn example(format: &str) -> &'static str {
    match format {
        "authenticode-pe" => "app.exe",
        "jar-sf" => "app.jar",
        _ => "app.tar.gz",
    }
}
