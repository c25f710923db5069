#!/usr/bin/env bash
# Install Apache Superset beside costwatt, import the dashboard, compare its figures, then serve it until Ctrl-C.
# Usage: superset/run.sh PYTHON COSTWATT_PYTHON   (SERVE=0: end after the comparison)
set -euo pipefail
cd "$(dirname "$0")/.."
PYTHON=$1 COSTWATT_PYTHON=$2
VENV=.venv-superset
BIN=$PWD/$VENV/bin
PORT=${SUPERSET_PORT:-8088}
NIGHT=${COSTWATT_HOME:-$HOME/.costwatt}/published/cost.duckdb
export SUPERSET_HOME=$PWD/$VENV/home SUPERSET_CONFIG_PATH=$PWD/superset/superset_config.py FLASK_APP=superset
export SUPERSET_SECRET_KEY=${SUPERSET_SECRET_KEY:-$(head -c 32 /dev/urandom | base64)}

[ -e "$NIGHT" ] || { echo "$NIGHT: no night was published yet; run: make refresh" >&2; exit 1; }
[ -x "$BIN/python" ] || "$PYTHON" -m venv "$VENV"
"$BIN/python" -m pip install --quiet --disable-pip-version-check -r superset/requirements.txt
mkdir -p "$SUPERSET_HOME"

# Superset's own folder holds no module named superset, which would hide the package
cd "$SUPERSET_HOME"
"$BIN/superset" db upgrade
"$BIN/superset" fab create-admin --username admin --password admin --firstname cost --lastname watt --email admin@localhost
"$BIN/superset" init
"$BIN/superset" run --host 127.0.0.1 --port "$PORT" --with-threads &
SERVER=$!
trap 'kill $SERVER' EXIT
cd - >/dev/null

"$COSTWATT_PYTHON" superset/bundle.py "$NIGHT" "$SUPERSET_HOME/costwatt.zip"
"$COSTWATT_PYTHON" superset/check.py "http://127.0.0.1:$PORT" "$NIGHT" "$SUPERSET_HOME/costwatt.zip"
[ "${SERVE:-1}" = 0 ] && exit 0
echo "http://127.0.0.1:$PORT/superset/dashboard/costwatt/ (admin, admin); Ctrl-C ends it"
wait $SERVER
