#include "main/services.h"

#include "main/identities.h"
#include "services/dynamodb/service.h"
#include "services/lambda/service.h"
#include "services/logs/service.h"
#include "services/sqs/service.h"

namespace cumulet {

struct Services::All {
    explicit All(Foundation foundation)
        : dynamodb(foundation.store),
          iam(foundation.store),
          lambda(foundation.store, foundation.blobs, foundation.door, foundation.threads, foundation.clock,
                 {.folder = foundation.folder / "lambda"}),
          logs(foundation.store),
          sqs(foundation.store),
          sts(foundation.store, foundation.door),
          identities(iam, sts) {
        auto& door = foundation.door;
        door.add(aws::dynamodb::service, dynamodb);
        door.add(aws::iam::service, iam);
        door.add(aws::lambda::service, lambda);
        door.add(aws::logs::service, logs);
        door.add(aws::sqs::service, sqs);
        door.add(aws::sts::service, sts);
        door.set_identities(identities);
        door.add_path_surface(std::string(lambda::Service::code_prefix), lambda.code_surface());
    }

    dynamodb::Service dynamodb;
    iam::Service iam;
    lambda::Service lambda;
    logs::Service logs;
    sqs::Service sqs;
    sts::Service sts;
    Identities identities;
};

Services::Services(Foundation foundation) : all_(std::make_unique<All>(foundation)) {}
Services::~Services() = default;

Task<void> Services::start(std::string endpoint) {
    for (const auto& warning : all_->lambda.warnings()) log::warning(warning);
    all_->lambda.start(std::move(endpoint));
    co_return;
}

Task<void> Services::stop() { co_await all_->lambda.stop(); }

}  // namespace cumulet
