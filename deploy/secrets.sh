#!/bin/sh
# Make the secrets that compose.yml mounts, once: what is there already stays as it is.
#     deploy/secrets.sh [FOLDER]
# The folder is for its owner only; inside it the files can be read by all, because a container's
# user, who is not you, reads them through the mount.
set -eu
folder=${1:-"$(dirname "$0")/secrets"}
mkdir -p "$folder"
chmod 700 "$folder"

fresh() { od -An -N32 -tx1 /dev/urandom | tr -d ' \n'; }

keep() { # NAME VALUE
    [ -s "$folder/$1" ] || printf '%s' "$2" > "$folder/$1"
    chmod 644 "$folder/$1"
}

keep secret_key "$(fresh)"
keep rasa_token "$(fresh)"
keep postgres_password "$(fresh)"
keep redis_password "$(fresh)"
keep database_url "postgresql://sapa:$(cat "$folder/postgres_password")@postgres:5432/sapa"
keep redis_url "redis://:$(cat "$folder/redis_password")@redis:6379/0"
echo "secrets are in $folder"
