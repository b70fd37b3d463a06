// The bucket that packaged code goes to: made when it is first needed, objects named by their content.
#pragma once

#include "main/api_client.h"

namespace cumulet {

class ArtifactBucket {
  public:
    /// `name` "": cumulet-deploy-<region>-<account>, made if it is missing. A bucket that was named must exist.
    ArtifactBucket(ApiClient& client, std::string name) : client_(client), name_(std::move(name)) {}

    struct Placed {
        std::string bucket;
        std::string key;
        bool uploaded = false;  ///< false: an object of this content was there
    };
    /// Puts `bytes` under a key that is their digest and `extension` (".zip"). Throws ApiFailed, Unreachable.
    Task<Placed> place(std::string bytes, std::string extension);

  private:
    Task<void> open();
    Task<http::Response> request(std::string method, std::string path, std::string body);

    ApiClient& client_;
    std::string name_;
    bool open_ = false;
};

}  // namespace cumulet
