#!/bin/sh
# What one container does before any app starts: the shop's articles, if it has none yet, and the
# schema. Harmless to repeat.
set -eu
articles=${SAPA_KNOWLEDGE_DIR:-knowledge}
if [ ! -e "$articles" ]; then
    cp -R knowledge "$articles.new"
    mv "$articles.new" "$articles"
fi
sapa migrate
