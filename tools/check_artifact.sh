#!/usr/bin/env bash
# Import an artifact as Galaxy does, and fail on every warning: check_artifact.sh FILE
set -euo pipefail
artifact=$(realpath "$1")
# The importer leaves its result in the folder that it is called from.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > galaxy-importer.cfg <<'CONFIG'
[galaxy-importer]
CHECK_REQUIRED_TAGS = True
RUN_ANSIBLE_DOC = True
RUN_ANSIBLE_LINT = True
RUN_ANSIBLE_TEST = False
RUN_FLAKE8 = True
CONFIG
output=$(GALAXY_IMPORTER_CONFIG=$folder/galaxy-importer.cfg python -m galaxy_importer.main "$artifact" 2>&1) || { echo "$output"; exit 1; }
echo "$output"
if grep -E 'WARNING|ERROR' <<<"$output"; then
    echo "galaxy-importer warns: see above" >&2
    exit 1
fi
