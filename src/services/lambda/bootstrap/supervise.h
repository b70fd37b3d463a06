// Starts a function's external extensions and then its runtime, and tells how each of them ended. Descriptor 4 leads to
// the worker: it sends "go" once the extensions have registered, and then signals for the runtime; it is sent a line
// for each end. Descriptor 5 takes the extensions' output.
#pragma once

#include <string_view>

namespace cumulet::lambda {

inline constexpr std::string_view supervise_script = R"sh(folder=$1
shift
extensions=
for extension in "$folder"/*; do
    [ -f "$extension" ] && [ -x "$extension" ] || continue
    (
        "$extension" >&5 2>&1 4>&- 5>&-
        echo "extension ${extension##*/} $?" >&4
    ) 3>&- &
    extensions="$extensions $!"
done
read -r word <&4
if [ "$word" = go ]; then
    "$@" 4>&- 5>&- &
    runtime=$!
    (
        while read -r word; do kill -s "$word" "$runtime" 2>/dev/null; done <&4
    ) 3>&- 5>&- &
    reader=$!
    wait "$runtime"
    echo "runtime $?" >&4
fi
wait $extensions
[ -z "$reader" ] || kill "$reader"
)sh";

}  // namespace cumulet::lambda
