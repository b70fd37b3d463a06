#include "services/sns/notification.h"

#include "base/json.h"

namespace cumulet::sns {

std::string Notification::message_for(std::string_view protocol) const {
    if (!structured) return message;
    const auto parsed = parse_json(message);
    if (!parsed || !parsed->is_object()) return message;
    const auto& texts = parsed->as_object();
    return std::string(string_or(texts, protocol, string_or(texts, "default")));
}

std::string_view Notification::type_name() const {
    switch (type) {
        case Type::notification: return "Notification";
        case Type::subscription_confirmation: return "SubscriptionConfirmation";
        case Type::unsubscribe_confirmation: return "UnsubscribeConfirmation";
    }
    return "";
}

}  // namespace cumulet::sns
