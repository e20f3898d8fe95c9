#!/usr/bin/env bash
# The step of action.yml: inputs come in as INPUT_*, the state and the request's id go out through GITHUB_OUTPUT.
set -euo pipefail

options=(sign --json --wait "${INPUT_WAIT:-10m}")
[ -z "${INPUT_FORMAT-}" ] || options+=(--format "$INPUT_FORMAT")
[ -z "${INPUT_REASON-}" ] || options+=(--reason "$INPUT_REASON")
# A folder, also if it is not there yet.
[ -z "${INPUT_OUT-}" ] || options+=(--out "${INPUT_OUT%/}/")
[ -z "${INPUT_AUDIENCE-}" ] || options+=(--audience "$INPUT_AUDIENCE")

files=()
while IFS= read -r file; do
  [ -z "$file" ] || files+=("$file")
done <<<"$INPUT_FILES"

status=0
answer=$("${INPUT_BINARY:-signet-sign}" "${options[@]}" -- "${files[@]}") || status=$?
[ -z "$answer" ] || printf '%s\n' "$answer"

case $status in
  0) state=signed ;;
  3) state=pending ;;
  *) exit "$status" ;;
esac
id=$(printf '%s' "$answer" | sed -n 's/.*"id":"\([0-9a-f-]*\)".*/\1/p')
printf 'state=%s\nrequest-id=%s\n' "$state" "$id" >>"$GITHUB_OUTPUT"
if [ "$status" = 3 ] && [ "${INPUT_ALLOW_PENDING-}" = true ]; then exit 0; fi
exit "$status"
