#!/usr/bin/env bash
# Installs what the tests need (PostgreSQL, Chromium and nginx from Debian, the browser driver from npm) and passes every test.
# Works as root or with sudo, on a machine with Rust, Node and Python. CI runs this and nothing else.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_TERM_COLOR=never CARGO_INCREMENTAL=0

step() { printf '\n== %s (%s)\n' "$1" "$(date +%H:%M:%S)"; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }
found() { local p; for p in "$@"; do [ -x "$p" ] && return 0; done; return 1; }

step "packages"
missing=()
found /usr/lib/postgresql/*/bin/initdb /usr/local/bin/initdb || missing+=(postgresql)
found /usr/bin/chromium || missing+=(chromium)
found /usr/sbin/nginx || missing+=(nginx-light)
if [ "${#missing[@]}" -gt 0 ]; then
  as_root apt-get update -qq
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" fonts-noto-cjk >/dev/null
fi

step "format and lints"
cargo fmt --all --check
cargo clippy --workspace --all-targets --features long --locked -- -D warnings

step "build"
cargo build --workspace --all-targets --locked

# One PostgreSQL cluster for all tests; each test has a database of its own in it.
step "database"
bin=$(dirname "$(ls -d /usr/lib/postgresql/*/bin/initdb /usr/local/bin/initdb 2>/dev/null | head -n 1)")
work=$(mktemp -d /tmp/formwright-tests.XXXXXX)
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
owner=()
if [ "$(id -u)" = 0 ]; then
  chown postgres "$work"
  owner=(setpriv --reuid=postgres --regid=postgres --clear-groups)
fi
stop() {
  (cd / && "${owner[@]}" "$bin/pg_ctl" -D "$work/data" -m immediate -w stop >/dev/null 2>&1) || true
  rm -rf "$work"
}
trap stop EXIT
(cd / && "${owner[@]}" "$bin/initdb" -D "$work/data" -A trust -U postgres -E UTF8 --locale=C.UTF-8 --no-sync >/dev/null)
(cd / && "${owner[@]}" "$bin/pg_ctl" -D "$work/data" -l "$work/log" -w \
  -o "-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories=$work -c fsync=off -c synchronous_commit=off -c max_connections=300" start >/dev/null)
export FORMWRIGHT_TEST_POSTGRES="postgres://postgres@127.0.0.1:$port/postgres"

step "tests"
if cargo nextest --version >/dev/null 2>&1; then
  cargo nextest run --workspace --locked --no-fail-fast
else
  cargo test --workspace --locked --no-fail-fast
fi

step "scripts of the pages"
(cd templates/web && npm test --silent)

step "browser"
(cd tests/browser && npm ci --silent --ignore-scripts --no-audit --no-fund && npm test --silent)

step "done"
