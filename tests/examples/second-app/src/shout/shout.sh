# Answers the path in capitals.
handler() {
    path=$(sed -n 's/.*"rawPath": *"\([^"]*\)".*/\1/p' <<<"$1")
    printf '{"statusCode": 200, "headers": {"content-type": "text/plain"}, "body": "%s"}' "${path^^}"
}
