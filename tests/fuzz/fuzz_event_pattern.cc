// Event patterns: whatever a caller stores is either refused or can be matched against any event.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "contracts/event_pattern.h"

using namespace cumulet;
using contracts::EventPattern;
using contracts::PatternDialect;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    static const auto event = json::parse(R"({
        "source": "aws.ec2", "detail": {"state": "running", "count": 3, "ip": "10.1.2.3", "tags": ["a", null, true]},
        "a": [{"b": 1, "c": [{"d": "x"}, {"d.e": 2}]}, {"b": "x"}], "d.e.f": 1.5, "": ""})");
    // The text before the first line feed is the pattern, what follows an event.
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto line = text.find('\n');
    for (const auto dialect :
         {PatternDialect::event_bridge, PatternDialect::sns_attributes, PatternDialect::sns_body}) {
        try {
            const auto pattern = EventPattern::compile(text.substr(0, line), dialect);
            pattern.matches(event);
            if (line != text.npos) pattern.matches_text(text.substr(line + 1));
        } catch (const contracts::InvalidPattern&) {
        }
    }
    return 0;
}
