#!/bin/sh
# After azd deployed: what has to wait until the functions are there. Event Grid subscriptions are made by the next `azd provision`,
# the last step of `azd up`; MK.IO's webhook rule here.
set -eu
# shellcheck source=infra/hooks/common.sh
. "$(dirname "$0")/common.sh"

# Azure lists the functions some time after the package is there, and Event Grid subscribes only those that it lists. Five minutes at
# least, since each question takes some seconds too.
wait_for_functions() {
    needed INFRA_APP_NAME 'run azd provision first'
    tries=0
    until az functionapp function show --name "$INFRA_APP_NAME" --resource-group "$AZURE_RESOURCE_GROUP" \
        --subscription "$AZURE_SUBSCRIPTION_ID" --function-name resource-changed --output none 2>/dev/null; do
        tries=$((tries + 1))
        [ "$tries" -lt 30 ] || fail "Azure does not list the functions of $INFRA_APP_NAME. Does the app start? See its log stream, then run azd up again"
        [ "$tries" -gt 1 ] || say 'waiting until Azure lists the functions'
        sleep 10
    done
}

if [ "${INFRA_FUNCTIONS_DEPLOYED:-false}" != true ]; then
    wait_for_functions
    remember INFRA_FUNCTIONS_DEPLOYED true
    say 'the functions are there: the next azd provision subscribes them to events (azd up does it by itself)'
fi
if is_mkio; then
    private_folder
    app_settings
    mkio_secrets
    # The app was made before the secrets were, and keeps for up to a day that there were none.
    needed INFRA_APP_ID 'run azd provision first'
    az rest --method post --url "$INFRA_APP_ID/config/configreferences/appsettings/refresh?api-version=2022-03-01" --output none
    needed INFRA_APP_URL 'run azd provision first'
    media_mirror webhook register --settings "$folder/settings" --url "$INFRA_APP_URL/api/webhook"
fi
