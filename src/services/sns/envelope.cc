#include "services/sns/envelope.h"

#include "base/bytes.h"

namespace cumulet::sns {
namespace {

/// Writes members of an object in the order they are given.
class ObjectWriter {
  public:
    explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }

    void text(std::string_view name, std::string_view value) {
        key(name);
        append_json_string(out_, value);
    }
    void text_if_any(std::string_view name, std::string_view value) {
        if (!value.empty()) text(name, value);
    }
    void null(std::string_view name) {
        key(name);
        out_ += "null";
    }
    void key(std::string_view name) {
        if (!first_) out_ += ',';
        first_ = false;
        append_json_string(out_, name);
        out_ += ':';
    }
    void end() { out_ += '}'; }

  private:
    std::string& out_;
    bool first_ = true;
};

void append_attributes(std::string& out, const MessageAttributes& attributes) {
    ObjectWriter all(out);
    for (const auto& [name, value] : attributes) {
        all.key(name);
        ObjectWriter attribute(out);
        attribute.text("Type", value.DataType);
        attribute.text("Value", value.BinaryValue ? to_base64(*value.BinaryValue) : value.StringValue.value_or(""));
        attribute.end();
    }
    all.end();
}

bool is_confirmation(const Parcel& parcel) { return parcel.notification.type != Notification::Type::notification; }

}  // namespace

std::string timestamp_of(const Notification& notification) { return format_iso8601_millis(notification.published); }

std::string unsubscribe_url(const Parcel& parcel) {
    return fmt::format("{}/?Action=Unsubscribe&SubscriptionArn={}", parcel.notification.base_url,
                       parcel.subscription.arn());
}

std::string subscribe_url(const Parcel& parcel) {
    return fmt::format("{}/?Action=ConfirmSubscription&TopicArn={}&Token={}", parcel.notification.base_url,
                       parcel.subscription.topic_arn(), parcel.notification.token);
}

std::string_view message_key(const Subscription& subscription) {
    if (subscription.protocol != "application") return subscription.protocol;
    // arn:aws:sns:<region>:<account>:endpoint/<platform>/<application>/<id>
    const std::string_view endpoint = subscription.endpoint;
    const auto begin = endpoint.find('/') + 1;
    return endpoint.substr(begin, endpoint.find('/', begin) - begin);
}

std::string text_to_sign(const Parcel& parcel) {
    const auto& notification = parcel.notification;
    std::string text;
    const auto add = [&](std::string_view name, std::string_view value) {
        text.append(name).append("\n").append(value).append("\n");
    };
    add("Message", notification.message_for(message_key(parcel.subscription)));
    add("MessageId", notification.id);
    if (is_confirmation(parcel)) {
        add("SubscribeURL", subscribe_url(parcel));
    } else if (!notification.subject.empty()) {
        add("Subject", notification.subject);
    }
    add("Timestamp", timestamp_of(notification));
    if (is_confirmation(parcel)) add("Token", notification.token);
    add("TopicArn", parcel.subscription.topic_arn());
    add("Type", notification.type_name());
    return text;
}

std::string envelope(const Parcel& parcel, const Signature& signature) {
    const auto& notification = parcel.notification;
    std::string out;
    out.reserve(notification.message.size() + 1024);
    ObjectWriter all(out);
    all.text("Type", notification.type_name());
    all.text("MessageId", notification.id);
    all.text_if_any("SequenceNumber", notification.sequence_number);
    all.text_if_any("Token", notification.token);
    all.text("TopicArn", parcel.subscription.topic_arn());
    all.text_if_any("Subject", notification.subject);
    all.text("Message", notification.message_for(message_key(parcel.subscription)));
    if (is_confirmation(parcel)) all.text("SubscribeURL", subscribe_url(parcel));
    all.text("Timestamp", timestamp_of(notification));
    if (!signature.text.empty()) {
        all.text("SignatureVersion", signature.version);
        all.text("Signature", signature.text);
        all.text("SigningCertURL", signature.certificate_url);
    }
    if (!is_confirmation(parcel)) all.text("UnsubscribeURL", unsubscribe_url(parcel));
    if (!notification.attributes.empty()) {
        all.key("MessageAttributes");
        append_attributes(out, notification.attributes);
    }
    // Unverified: where AWS puts the mark of a replayed message.
    if (notification.replayed) all.text("Replayed", "true");
    all.end();
    return out;
}

std::string lambda_event(const Parcel& parcel, const Signature& signature) {
    const auto& notification = parcel.notification;
    std::string out = R"({"Records":[)";
    ObjectWriter record(out);
    record.text("EventSource", "aws:sns");
    record.text("EventVersion", "1.0");
    record.text("EventSubscriptionArn", parcel.subscription.arn());
    record.key("Sns");
    ObjectWriter all(out);
    all.text("Type", notification.type_name());
    all.text("MessageId", notification.id);
    all.text("TopicArn", parcel.subscription.topic_arn());
    notification.subject.empty() ? all.null("Subject") : all.text("Subject", notification.subject);
    all.text("Message", notification.message_for("lambda"));
    all.text("Timestamp", timestamp_of(notification));
    all.text("SignatureVersion", signature.version);
    all.text("Signature", signature.text);
    all.text("SigningCertUrl", signature.certificate_url);
    all.text("UnsubscribeUrl", unsubscribe_url(parcel));
    all.key("MessageAttributes");
    append_attributes(out, notification.attributes);
    all.end();
    record.end();
    out += "]}";
    return out;
}

}  // namespace cumulet::sns
