# Installs what building and testing need. Sourced by ./dev.

# Debian 12's packages; the release pins their versions.
cumulet_packages=(
    clang-19 lld-19 llvm-19 libclang-rt-19-dev clang-format-19 clang-tidy-19 cmake ninja-build ccache pkg-config git curl
    libboost1.81-dev libboost-json1.81-dev libfmt-dev libspdlog-dev libssl-dev libnghttp2-dev libpugixml-dev
    libyaml-cpp-dev libcbor-dev librocksdb-dev libsnappy-dev liblz4-dev libbz2-dev libzstd-dev zlib1g-dev libzip-dev
    libpq-dev libre2-dev libutf8proc-dev libcli11-dev libjemalloc-dev libgtest-dev libgmock-dev libbenchmark-dev
    bubblewrap nodejs npm ruby openjdk-17-jdk-headless autoconf automake libtool python3 python3-boto3 awscli postgresql zip unzip
)

setup_packages() {
    [ "${cumulet_packages_ready:-}" ] && return
    local missing=() package
    for package in "${cumulet_packages[@]}"; do
        # A Node.js that was installed by other means serves as well as Debian's.
        case "$package" in nodejs | npm) command -v node >/dev/null && command -v npm >/dev/null && continue ;; esac
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
    done
    cumulet_packages_ready=yes
    [ ${#missing[@]} -eq 0 ] && return
    if dpkg-query -W -f '${db:Status-Status}\n' libboost1.74-dev 2>/dev/null | grep -qx installed; then
        cat >&2 <<'TEXT'
Cumulet builds with Boost 1.81 (libboost1.81-dev). This machine has the headers of Boost 1.74 (libboost1.74-dev), and
Debian cannot hold both. Nothing was changed. If nothing else here needs 1.74, remove it and run this again:
    sudo apt-get remove libboost1.74-dev
TEXT
        exit 1
    fi
    local sudo=
    [ "$(id -u)" -eq 0 ] || sudo=sudo
    echo "Installing from Debian: ${missing[*]}" >&2
    $sudo apt-get update -qq
    # --no-remove: a package that is there stays there.
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends --no-remove "${missing[@]}" >&2
}

# The SDKs of the conformance tests with a Node.js that they accept (20 or newer), and what functions of tests are made of.
setup_clients() {
    local without=()
    # The optional package is a Node.js for machines whose own the SDK refuses.
    [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] && without=(--omit=optional)
    setup_npm tests/conformance "${without[@]}"
    setup_npm tests/functions/powertools
    # It compiles its own copy of curl: some minutes, once.
    setup_npm tests/functions/runtime-client
}

setup_npm() {
    local folder=$1 stamp=$1/node_modules/.cumulet-stamp
    shift
    [ -f "$folder/package.json" ] || return 0
    if [ ! -f "$stamp" ] || ! cmp -s "$folder/package.json" "$stamp"; then
        echo "Installing the clients of $folder from npm" >&2
        (cd "$folder" && npm install "$@" --no-audit --no-fund --no-package-lock --loglevel=error >&2)
        cp "$folder/package.json" "$stamp"
    fi
}
