#!/bin/sh
# Before `azd down`: takes away what azd will not, because it is outside of the resource group that azd deletes. Topics, subscriptions
# to events and roles stand where the accounts are; a webhook rule is in MK.IO.
set -eu
# shellcheck source=infra/hooks/common.sh
. "$(dirname "$0")/common.sh"

if shares_group; then
    fail "an account or its storage is in $(app_group), and azd down would delete it. Move it, or delete the rest by hand"
fi
if [ -z "${AZURE_RESOURCE_GROUP:-}" ]; then
    say 'no deployment was finished; roles that one made in the groups of the accounts stay there'
    exit 0
fi

# What is not there is no error: az rest answers 204.
delete() { az rest --method delete --url "$1?api-version=$2" --output none; }

# The rule is made after the functions, so before them there may be no tokens either.
if is_mkio && [ "${INFRA_FUNCTIONS_DEPLOYED:-false}" = true ]; then
    private_folder
    app_settings
    mkio_secrets
    media_mirror webhook remove --yes --settings "$folder/settings" ||
        fail 'the webhook rule is there still. Remove it in MK.IO, run azd env set INFRA_FUNCTIONS_DEPLOYED false, and azd down again'
fi

for topic in "${INFRA_ACCOUNT_TOPIC_ID:-}/media-mirror-jobs" "${INFRA_GROUP_TOPIC_ID:-}/media-mirror-resources" \
    "${INFRA_CUSTOM_TOPIC_ID:-}/media-mirror-job-finished" "${INFRA_CUSTOM_TOPIC_ID:-}/media-mirror-resource-changed"; do
    case $topic in /subscriptions/*)
        say "removing the subscription ${topic##*/} from a topic that is not ours"
        delete "${topic%/*}/eventSubscriptions/${topic##*/}" 2022-06-15
        ;;
    esac
done
for topic in $(printf '%s' "${INFRA_STORAGE_TOPIC_IDS:-}" | tr ',' ' '); do
    delete "$topic/eventSubscriptions/media-mirror-blobs" 2022-06-15
done

principals=$(az identity list --resource-group "$AZURE_RESOURCE_GROUP" --subscription "$AZURE_SUBSCRIPTION_ID" \
    --query '[].principalId' --output tsv)
for subscription in $(named | cut -d / -f 3 | sort -u); do
    # Topics that the template made have the environment's tag; their subscriptions go with them.
    topics=$(az resource list --subscription "$subscription" --tag "azd-env-name=$AZURE_ENV_NAME" \
        --query "[?type=='Microsoft.EventGrid/systemTopics'].id" --output tsv)
    for topic in $topics; do
        say "removing the topic ${topic##*/}"
        delete "$topic" 2022-06-15
    done
    for principal in $principals; do
        assignments=$(az role assignment list --subscription "$subscription" --all --assignee "$principal" \
            --query '[].id' --output tsv)
        for assignment in $assignments; do
            delete "$assignment" 2022-04-01
        done
    done
done
for group in $(named | cut -d / -f 1-5 | sort -u); do
    roles=$(az role definition list --scope "$group" --custom-role-only true \
        --query "[?starts_with(roleName, 'Mirror ') && ends_with(roleName, ' ($AZURE_ENV_NAME)')].name" --output tsv)
    for role in $roles; do
        # A role that somebody else was given too cannot be deleted, and may stay.
        delete "$group/providers/Microsoft.Authorization/roleDefinitions/$role" 2022-04-01 || say "the role $role stays"
    done
done
remember INFRA_FUNCTIONS_DEPLOYED false
say 'disconnected. If you answer no to azd now, the app stays without events: azd up connects it again'
