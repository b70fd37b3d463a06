// What endpoints get, as text.

#include "services/sns/envelope.h"

#include <gtest/gtest.h>

namespace cumulet::sns {
namespace {

struct Sent {
    Topic topic;
    Subscription subscription;
    Notification notification;
    Parcel parcel{topic, subscription, notification};

    Sent() {
        topic.account = "000000000000";
        topic.region = "us-east-1";
        topic.name = "orders";
        subscription.place = topic.place();
        subscription.topic_name = "orders";
        subscription.id = "42";
        subscription.protocol = "sqs";
        subscription.endpoint = "arn:aws:sqs:us-east-1:000000000000:jobs";
        notification.id = "m-1";
        notification.message = "hello \"you\"";
        notification.published = Time(1'700'000'000s);
        notification.base_url = "http://localhost:4566";
    }
};

TEST(Envelope, HasTheMembersThatAwsSends) {
    Sent sent;
    sent.notification.subject = "news";
    sent.notification.attributes["kind"] = {.DataType = "String", .StringValue = "a"};
    sent.notification.attributes["raw"] = {.DataType = "Binary", .BinaryValue = "hi"};
    EXPECT_EQ(
        envelope(sent.parcel, {"1", "c2ln", "http://localhost:4566/cert.pem"}),
        R"({"Type":"Notification","MessageId":"m-1","TopicArn":"arn:aws:sns:us-east-1:000000000000:orders",)"
        R"("Subject":"news","Message":"hello \"you\"","Timestamp":"2023-11-14T22:13:20.000Z","SignatureVersion":"1",)"
        R"("Signature":"c2ln","SigningCertURL":"http://localhost:4566/cert.pem",)"
        R"("UnsubscribeURL":"http://localhost:4566/?Action=Unsubscribe&SubscriptionArn=)"
        R"(arn:aws:sns:us-east-1:000000000000:orders:42","MessageAttributes":{)"
        R"("kind":{"Type":"String","Value":"a"},"raw":{"Type":"Binary","Value":"aGk="}}})");
}

TEST(Envelope, OfAFifoTopicHasASequenceNumberAndNoSignature) {
    Sent sent;
    sent.notification.sequence_number = "10000000000000000000";
    const auto text = envelope(sent.parcel, {});
    EXPECT_NE(text.find(R"("SequenceNumber":"10000000000000000000")"), text.npos);
    EXPECT_EQ(text.find("Signature"), text.npos);
}

TEST(Envelope, OfAConfirmationSaysHowToConfirm) {
    Sent sent;
    sent.notification.type = Notification::Type::subscription_confirmation;
    sent.notification.token = "t0k3n";
    const auto text = envelope(sent.parcel, {});
    EXPECT_NE(text.find(R"("Token":"t0k3n")"), text.npos);
    EXPECT_NE(text.find("/?Action=ConfirmSubscription&TopicArn=arn:aws:sns:us-east-1:000000000000:orders&Token=t0k3n"),
              text.npos);
    EXPECT_EQ(text.find("UnsubscribeURL"), text.npos);
}

TEST(TextToSign, HasNamesAndValuesInAlphabeticalOrder) {
    Sent sent;
    EXPECT_EQ(text_to_sign(sent.parcel),
              "Message\nhello \"you\"\nMessageId\nm-1\nTimestamp\n2023-11-14T22:13:20.000Z\nTopicArn\n"
              "arn:aws:sns:us-east-1:000000000000:orders\nType\nNotification\n");
    sent.notification.subject = "news";
    EXPECT_NE(text_to_sign(sent.parcel).find("\nSubject\nnews\nTimestamp\n"), std::string::npos);
    sent.notification.type = Notification::Type::unsubscribe_confirmation;
    sent.notification.token = "t";
    EXPECT_NE(text_to_sign(sent.parcel).find("Z\nToken\nt\nTopicArn\n"), std::string::npos);
    EXPECT_NE(text_to_sign(sent.parcel).find("\nSubscribeURL\n"), std::string::npos);
}

TEST(LambdaEvent, IsOneRecordWithTheSpellingsOfLambda) {
    Sent sent;
    EXPECT_EQ(lambda_event(sent.parcel, {"1", "c2ln", "http://localhost:4566/cert.pem"}),
              R"({"Records":[{"EventSource":"aws:sns","EventVersion":"1.0",)"
              R"("EventSubscriptionArn":"arn:aws:sns:us-east-1:000000000000:orders:42","Sns":{"Type":"Notification",)"
              R"("MessageId":"m-1","TopicArn":"arn:aws:sns:us-east-1:000000000000:orders","Subject":null,)"
              R"("Message":"hello \"you\"","Timestamp":"2023-11-14T22:13:20.000Z","SignatureVersion":"1",)"
              R"("Signature":"c2ln","SigningCertUrl":"http://localhost:4566/cert.pem",)"
              R"("UnsubscribeUrl":"http://localhost:4566/?Action=Unsubscribe&SubscriptionArn=)"
              R"(arn:aws:sns:us-east-1:000000000000:orders:42","MessageAttributes":{}}}]})");
}

TEST(MessageFor, ChoosesTheTextOfTheProtocol) {
    Notification notification;
    notification.structured = true;
    notification.message = R"({"default":"d","sqs":"q","lambda":7})";
    EXPECT_EQ(notification.message_for("sqs"), "q");
    EXPECT_EQ(notification.message_for("http"), "d");
    EXPECT_EQ(notification.message_for("lambda"), "d") << "what is no text is ignored";
}

}  // namespace
}  // namespace cumulet::sns
