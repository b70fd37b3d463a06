// A function as it is stored, and the rules for what it may be. Pure.
#pragma once

#include "base/json.h"
#include "contracts/lambda.h"
#include "services/lambda/images/image.h"
#include "services/lambda/name.h"

namespace cumulet::lambda {

/// A deployment package that was checked and stored, or an image that is there.
struct Package {
    std::string blob;
    std::string hot_folder;      ///< runs from there instead
    std::optional<Image> image;  ///< or from this
    std::string sha256;          ///< in Base64; of an image in hexadecimal digits
    int64_t size_bytes = 0;
    int64_t unzipped_bytes = 0;
};

/// A function's $LATEST, or one of its versions.
struct Function {
    aws::lambda::FunctionConfiguration configuration;
    std::string code_blob;       ///< the package, in store::Blobs
    std::string hot_folder;      ///< the code itself, to be looked at before each event; "" where it is a package
    std::optional<Image> image;  ///< instead of both
    int64_t unzipped_bytes = 0;
    // Of $LATEST only:
    std::map<std::string, std::string> tags;
    int64_t last_version = 0;
    std::optional<int32_t> reserved_concurrency;
    std::string code_signing;  ///< the ARN of its code signing configuration, "" for none
    std::string recursive_loop = "Terminate";
    // Of each version:
    std::string update_runtime_on = "Auto";
    std::string runtime_version_arn;
    std::string build;  ///< another one after each change of code or configuration, which needs other workers

    std::string text() const;
    static Function parse(std::string_view text);

    const std::string& version() const { return *configuration.Version; }
    const std::string& revision() const { return *configuration.RevisionId; }
    bool is_image() const { return configuration.PackageType == "Image"; }
    bool has_runtime(std::string_view prefix) const {
        return configuration.Runtime && configuration.Runtime->starts_with(prefix);
    }
};

/// The function that `request` asks for, without its code. Throws InvalidParameterValueException.
Function new_function(const Call& call, const FunctionName& name, const aws::lambda::CreateFunctionRequest& request);
/// Code of images cannot be signed.
aws::lambda::InvalidParameterValueException no_signed_images();
/// Changes what `request` names. Throws InvalidParameterValueException.
void configure(Function& function, const aws::lambda::UpdateFunctionConfigurationRequest& request);
/// Names the code that the function has from now on.
void set_code(Function& function, const Package& package, const std::optional<std::vector<std::string>>& architectures);
/// A change of code or configuration gives a new revision, build and time.
void touch(Function& function, std::string revision, Time now);
/// A change of what lies beside them (tags, policies, versions) gives a new revision, and the workers stay.
void revise(Function& function, std::string revision);
/// Throws PreconditionFailedException if the caller saw another revision.
void check_revision(const Function& function, const std::optional<std::string>& seen);
/// A version of $LATEST: the same code and configuration under its own number.
Function publish(const Function& current, int64_t number, const std::optional<std::string>& description);
/// True if `version` was published from what `current` is now; a new description makes it another.
bool same_as(const Function& version, const Function& current);

/// The configuration as lists show it: without what is known of its state.
aws::lambda::FunctionConfiguration listed(const Function& function);

/// "2026-11-23T00:55:00.123+0000", the form of LastModified.
std::string format_modified(Time time);

}  // namespace cumulet::lambda
