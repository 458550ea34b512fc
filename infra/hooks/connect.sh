#!/bin/sh
# After azd deployed: what has to wait until the functions are there. Event Grid subscriptions are made by the next `azd provision`,
# the last step of `azd up`; MK.IO's webhook rule here.
set -eu
# shellcheck source=infra/hooks/common.sh
. "$(dirname "$0")/common.sh"

if [ "${INFRA_FUNCTIONS_DEPLOYED:-false}" != true ]; then
    remember INFRA_FUNCTIONS_DEPLOYED true
    say 'the functions are there: the next azd provision subscribes them to events (azd up does it by itself)'
fi
if is_mkio; then
    private_folder
    app_settings
    mkio_secrets
    needed INFRA_APP_URL 'run azd provision first'
    media_mirror webhook register --settings "$folder/settings" --url "$INFRA_APP_URL/api/webhook"
fi
