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
fi
