#include "services/sns/lambda_courier.h"

#include "services/sns/queue_courier.h"

namespace cumulet::sns {

Task<Attempt> LambdaCourier::deliver(Call& call, Parcel parcel) {
    const auto arn = Arn::parse(parcel.subscription.endpoint);
    if (!arn) co_return Attempt{.result = Attempt::Result::refused, .status_code = 400};
    Signature signature;
    if (signer_) signature = co_await signer_->sign(parcel);
    auto function_call = service_call(call.reactor(), "sns.amazonaws.com", call.account, arn->region);
    function_call.source_arn = parcel.topic.arn();
    aws::lambda::InvocationRequest request{.FunctionName = parcel.subscription.endpoint};
    request.InvocationType = "Event";
    request.Payload = lambda_event(parcel, signature);
    try {
        aws::lambda::Client lambda(door_);
        const auto answer = co_await lambda.invoke(function_call, std::move(request));
        co_return Attempt{.status_code = answer.StatusCode.value_or(202),
                          .provider_response = fmt::format(R"({{"lambdaRequestId":"{}"}})", function_call.request_id)};
    } catch (const std::exception& error) {
        co_return attempt_of(error);
    }
}

}  // namespace cumulet::sns
