// As much of S3 as functions need: every object that is read is one package, and those that are written are kept.
#pragma once

#include "contracts/s3.h"
#include "runtime/byte_stream.h"
#include "services/lambda/tests/support/cloud.h"

namespace cumulet::lambda {

class Bucket : public aws::s3::Api {
  public:
    Task<aws::s3::GetObjectOutput> get_object(Call&, aws::s3::GetObjectRequest) override {
        aws::s3::GetObjectOutput output;
        output.Body = stream_of(zip_of({{"python/shared.py", "name = 'shared'\n"}}));
        co_return output;
    }
    Task<aws::s3::PutObjectOutput> put_object(Call&, aws::s3::PutObjectRequest request) override {
        objects[request.Bucket + "/" + request.Key] = co_await read_all(request.Body, 1 << 20);
        co_return aws::s3::PutObjectOutput{};
    }

    std::map<std::string, std::string> objects;  // bodies by bucket/key
};

}  // namespace cumulet::lambda
