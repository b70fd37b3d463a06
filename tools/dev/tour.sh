#!/usr/bin/env bash
# ./dev run: starts Cumulet, deploys the order service, places two orders, and says what to try next.
#   tour.sh BINARY [PORT]
# Its state lies in a temporary folder, which goes when the tour ends.
set -euo pipefail

binary=$1
port=${2:-4566}
endpoint=http://127.0.0.1:$port
example=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../examples/figure-04-serverless-microservice" && pwd)
stack=figure-04-serverless-microservice

step() { printf '\n== %s\n' "$*"; }
fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    fail "Port $port is taken: something listens on 127.0.0.1:$port. End it, and run this again."
fi

folder=$(mktemp -d "${TMPDIR:-/tmp}/cumulet-tour-XXXXXX")
server=
clean_up() {
    if [ -n "$server" ]; then
        kill "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 0' INT TERM

unset AWS_PROFILE AWS_SESSION_TOKEN
eval "$("$binary" env --endpoint "$endpoint" --region us-east-1)"

step "cumulet serve"
"$binary" serve --listen "127.0.0.1:$port" --data "$folder/data" >"$folder/log" 2>&1 &
server=$!
for _ in $(seq 200); do
    grep -qx 'Ready\.' "$folder/log" && break
    kill -0 "$server" 2>/dev/null || fail "Cumulet does not start: $(cat "$folder/log")"
    sleep 0.05
done
"$binary" status

step "cumulet deploy $example/template.yaml"
"$binary" deploy "$example/template.yaml" --stack-name "$stack" | tee "$folder/deployed"
url=$(awk '$1 == "ApiUrl" { print $2 }' "$folder/deployed")

# The name of the API is this machine, also where DNS does not say so.
request() { curl --silent --show-error --fail-with-body --max-time 30 --connect-to "::127.0.0.1:$port" "$@"; }
field() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }

for order in '{"customer": "Ada", "items": [{"sku": "tea", "quantity": 2, "unitCents": 450}]}' \
    '{"customer": "Bo", "items": [{"sku": "nail", "quantity": 1000, "unitCents": 1}]}'; do
    step "POST $url/orders"
    printf '%s\n' "$order"
    placed=$(request -X POST -H 'Content-Type: application/json' -d "$order" "$url/orders")
    printf '%s\n' "$placed"
    id=$(field orderId <<<"$placed")
    step "GET $url/orders/$id"
    for _ in $(seq 200); do
        result=$(request "$url/orders/$id")
        [ "$(field status <<<"$result")" = PLACED ] || break
        sleep 0.05
    done
    printf '%s\n' "$result"
done

step "Cumulet runs on $endpoint until you press Ctrl-C. In another shell:"
cat <<TEXT
  eval "\$($binary env)"                  point SDKs and command lines here
  $binary logs $stack --tail
  $binary deploy $example/template.yaml TaxPercent=7
  aws dynamodb list-tables               any AWS client works; older ones want --endpoint-url $endpoint
  curl -X POST $endpoint/_cumulet/clock -d '{"advance": "PT1H"}'      an hour goes by at once
  $binary delete $stack
To read: $example/README.md
TEXT
wait "$server"
