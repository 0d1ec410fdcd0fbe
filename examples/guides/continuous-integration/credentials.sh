#!/usr/bin/env bash
# Signs in to AWS with the identity of the job, and reads the provider's password.
set -euo pipefail

export AWS_WEB_IDENTITY_TOKEN_FILE="$RUNNER_TEMP/identity"
curl --fail --silent --show-error --header "Authorization: Bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" \
  "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=sts.amazonaws.com" | jq --raw-output .value > "$AWS_WEB_IDENTITY_TOKEN_FILE"

# For the state and for ephemeral resources of the AWS provider.
aws configure export-credentials --format env-no-export > "$RUNNER_TEMP/aws"
password=$(aws secretsmanager get-secret-value --secret-id "$SECRET_ID" --query SecretString --output text)
echo "VEEAM_PASSWORD=$password" >> "$RUNNER_TEMP/aws"

# Hide the values in the log, then set them for the next steps.
while IFS= read -r line; do echo "::add-mask::${line#*=}"; done < "$RUNNER_TEMP/aws"
cat "$RUNNER_TEMP/aws" >> "$GITHUB_ENV"
rm "$RUNNER_TEMP/aws"
