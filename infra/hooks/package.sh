#!/bin/sh
# Before azd packages: makes the zip that azure.yaml names.
set -eu
# shellcheck source=infra/hooks/common.sh
. "$(dirname "$0")/common.sh"

cargo xtask package
