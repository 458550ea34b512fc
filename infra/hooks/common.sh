#!/bin/sh
# What the hooks share. Read by them, from the folder of azure.yaml.

# This file's folder is infra/hooks.
cd "$(dirname "$0")/../.." || exit 1

say() { printf 'media-mirror: %s\n' "$*"; }

fail() {
    printf 'media-mirror: %s\n' "$*" >&2
    exit 1
}

# A value of the azd environment, or of the template's outputs in it.
needed() {
    eval "given=\${$1:-}"
    [ -n "$given" ] || fail "$1 is not set; $2"
}

# Whether a text is the resource ID of a resource of this type. The service's letter case varies.
is_resource() {
    printf '%s\n' "$1" | grep -qixE "/subscriptions/[^/ ]+/resourceGroups/[^/ ]+/providers/$2/[^/ ]+"
}

# Every resource ID that the environment names, one a line.
named() {
    printf '%s\n' "${MIRROR_PRIMARY:-}" "${MIRROR_SECONDARY:-}" "${INFRA_STORAGE_ACCOUNTS:-}" |
        tr ',' '\n' | tr '=' '\n' | tr -d ' ' | grep '^/subscriptions/' || true
}

# The app's resource group; main.bicep names it so. azd down deletes the whole of it.
app_group() { printf '%s' "${AZURE_RESOURCE_GROUP:-rg-$AZURE_ENV_NAME}"; }

# Whether an account or its storage is in that group.
shares_group() {
    named | tr '[:upper:]' '[:lower:]' |
        grep -qF "$(printf '/resourcegroups/%s/' "$(app_group)" | tr '[:upper:]' '[:lower:]')"
}

is_mkio() { [ "${MIRROR_BACKEND:-ams}" = mkio ]; }

# Remembers a value in the azd environment that the hook runs for.
remember() { azd env set "$1" "$2" --environment "$AZURE_ENV_NAME"; }

# The tool of this very version: what it says of the settings is what the deployed handler will say.
media_mirror() { cargo run --quiet --locked --package cli --bin media-mirror -- "$@"; }

# A folder for what nobody else may read, gone when the hook ends.
private_folder() {
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
}

# The app's settings as the app has them, in a file that the tool reads. Secrets are not among them: there the app has references
# to the vault.
app_settings() {
    needed INFRA_APP_NAME 'run azd provision first'
    az functionapp config appsettings list --name "$INFRA_APP_NAME" --resource-group "$AZURE_RESOURCE_GROUP" \
        --subscription "$AZURE_SUBSCRIPTION_ID" --query '[].[name,value]' --output tsv >"$folder/settings.tsv"
    tab=$(printf '\t')
    while IFS=$tab read -r name value; do
        case $value in '@Microsoft.KeyVault('*) continue ;; esac
        case $name in MIRROR_* | AzureWebJobsStorage__*Uri | AzureWebJobsStorage__accountName)
            printf '%s=%s\n' "$name" "$value"
            ;;
        esac
    done <"$folder/settings.tsv" >"$folder/settings"
}

# A secret of the vault, on standard output; fails where there is none.
secret() {
    az keyvault secret show --vault-name "$INFRA_VAULT" --name "$1" --query value --output tsv 2>/dev/null
}

# The secrets of MK.IO, where the tool looks for them: in the environment, never on a command line.
mkio_secrets() {
    needed INFRA_VAULT 'run azd provision first'
    for side in primary secondary; do
        token=$(secret "mirror-$side-token") || fail "the vault $INFRA_VAULT shows no mirror-$side-token. Make the token \
(media-mirror webhook token $side prints the request), put it in with \
az keyvault secret set --vault-name $INFRA_VAULT --name mirror-$side-token --file FILE, and run azd again. A role on a new vault \
takes some minutes to hold."
        case $side in
            primary) MIRROR_PRIMARY_TOKEN=$token ;;
            secondary) MIRROR_SECONDARY_TOKEN=$token ;;
        esac
    done
    if ! MIRROR_WEBHOOK_SECRET=$(secret mirror-webhook-secret); then
        say "making the webhook's secret"
        od -An -N32 -tx1 /dev/urandom | tr -d ' \n' >"$folder/webhook-secret"
        az keyvault secret set --vault-name "$INFRA_VAULT" --name mirror-webhook-secret \
            --file "$folder/webhook-secret" --output none
        MIRROR_WEBHOOK_SECRET=$(cat "$folder/webhook-secret")
    fi
    # The app's own tokens need not be able to change webhook rules.
    if token=$(secret mirror-webhook-token); then
        MKIO_TOKEN=$token
        export MKIO_TOKEN
    fi
    export MIRROR_PRIMARY_TOKEN MIRROR_SECONDARY_TOKEN MIRROR_WEBHOOK_SECRET
}
