#!/bin/sh
# Before azd provisions: what later steps need is looked for before anything costs money.
set -eu
# shellcheck source=infra/hooks/common.sh
. "$(dirname "$0")/common.sh"

for tool in az cargo python3; do
    command -v "$tool" >/dev/null || fail "$tool is not installed; docs/deploy.md says what is needed"
done
az account show --output none 2>/dev/null || fail 'nobody is signed in to the Azure CLI; run az login'

needed MIRROR_PRIMARY 'azd env set MIRROR_PRIMARY <resource ID of the account, or name of the project>'
needed MIRROR_SECONDARY 'azd env set MIRROR_SECONDARY <the same of the account that is kept ready>'
needed INFRA_STORAGE_ACCOUNTS \
    'azd env set INFRA_STORAGE_ACCOUNTS <resource ID of a storage account of the primary>=<of its counterpart>'
if is_mkio; then
    needed INFRA_STORAGE_RECORDS 'azd env set INFRA_STORAGE_RECORDS <record of the primary>=<record of the secondary>'
else
    for account in MIRROR_PRIMARY MIRROR_SECONDARY; do
        eval "given=\$$account"
        is_resource "$given" Microsoft.Media/mediaServices ||
            fail "$account is no resource ID of a media-services account: $given"
    done
fi

# The template takes them apart at the same places.
printf '%s\n' "$INFRA_STORAGE_ACCOUNTS" | tr -d ' ' | tr ',' '\n' | while IFS='=' read -r from to; do
    [ -n "$from$to" ] || continue
    for account in "$from" "$to"; do
        is_resource "$account" Microsoft.Storage/storageAccounts ||
            fail "INFRA_STORAGE_ACCOUNTS: no resource ID of a storage account: '$account' (in '$from=$to')"
    done
done

shares_group && fail "an account or its storage is in $(app_group), where the app would go too, and azd down would delete it. \
Take another name for the environment: azd env new"

if [ "${INFRA_EVENT_SOURCE:-system}" = custom ]; then
    needed INFRA_CUSTOM_TOPIC_ID 'azd env set INFRA_CUSTOM_TOPIC_ID <resource ID of the topic>'
fi

# The network of Flex Consumption belongs to a provider that no resource of the template names, so that nothing registers it.
if [ "${INFRA_PRIVATE_NETWORK:-false}" = true ]; then
    registered=$(az provider show --namespace Microsoft.App --subscription "$AZURE_SUBSCRIPTION_ID" \
        --query registrationState --output tsv)
    [ "$registered" = Registered ] || fail "the subscription does not know Microsoft.App, which a private network needs; run \
az provider register --namespace Microsoft.App --subscription $AZURE_SUBSCRIPTION_ID --wait"
fi
