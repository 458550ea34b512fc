#!/bin/sh
# Before azd deploys: the settings that the app has are checked as the handler will check them. A mistake in them stops the
# deployment, because the handler would not start. A right that is missing does not: they are tried as whoever runs azd, and the
# app's own may differ.
set -eu
# shellcheck source=infra/hooks/common.sh
. "$(dirname "$0")/common.sh"

private_folder
app_settings
if is_mkio; then
    mkio_secrets
fi
status=0
media_mirror config check --settings "$folder/settings" >"$folder/report" || status=$?
cat "$folder/report"
if [ "$status" -ne 0 ]; then
    grep -q '^The settings are complete' "$folder/report" || fail 'the handler would not start with these settings'
    say 'the settings are complete; look at the checks that failed'
fi
