// Functions packaged as container images: what a container engine has, unpacked once, runs in the same sandbox as
// packages. https://docs.aws.amazon.com/lambda/latest/dg/images-create.html

#include "runtime/log.h"
#include "services/lambda/fault.h"
#include "services/lambda/service.h"

namespace cumulet::lambda {
namespace {

constexpr std::string_view deleted = "The container image of the function is not there any more: ";

aws::lambda::InvalidParameterValueException no_source(std::string_view uri, std::string_view why) {
    return invalid(fmt::format("Source image {} {}. Provide a valid source image.", uri, why));
}

}  // namespace

Task<Package> Service::take_code(Call& call, bool is_image, PackageSource source) {
    if (!is_image) {
        if (source.image_uri && source.operation == "UpdateFunctionCode")
            throw invalid("Please don't provide ImageUri when updating a function with packageType Zip.");
        co_return co_await store_package(call, std::move(source));
    }
    if (!source.image_uri || source.zip || source.bucket) {
        // Unverified: the words of a creation.
        throw invalid(fmt::format("Please provide ImageUri when {} a function with packageType Image.",
                                  source.operation == "UpdateFunctionCode" ? "updating" : "creating"));
    }
    co_return co_await open_image(std::move(*source.image_uri));
}

Task<Package> Service::open_image(std::string uri) {
    if (!parse_image_reference(uri)) throw no_source(uri, "is not valid");
    if (!(co_await sandbox())->isolated()) {
        throw invalid(
            "Functions packaged as container images need namespaces of their own, which the program 'bwrap' "
            "(bubblewrap) makes: it is missing here, or not permitted.");
    }
    Image image;
    try {
        const auto permit = co_await image_searches_.acquire();
        image = co_await threads_.run([&] { return engine_.find(uri); });
    } catch (const NoEngine& error) {
        throw invalid(error.what());
    } catch (const NoImage& error) {
        log::warning("the container engine does not give an image", {{"why", error.what()}});
        throw no_source(uri, "does not exist");
    }
    try {
        co_await images_.unpacked(image);
    } catch (const std::runtime_error& error) {
        log::warning("an image cannot be unpacked", {{"image", uri}, {"why", error.what()}});
        throw no_source(uri, "is not valid");
    }
    auto digest = image.digest.substr(image.digest.find(':') + 1);
    co_return Package{.image = std::move(image), .sha256 = std::move(digest)};
}

Task<std::shared_ptr<const ImageFolder>> Service::image_of(FunctionName name,
                                                           std::shared_ptr<const Function> function) {
    const bool was_lost = function->configuration.State.value_or("") == "Failed";
    std::string lost;
    std::string failed;
    try {
        auto folder = co_await images_.unpacked(*function->image);
        if (!was_lost) co_return folder;
        co_await set_image_state(name, function, "");
        co_return folder;
    } catch (const NoImage& error) {
        lost = std::string(deleted) + error.what();
    } catch (const std::runtime_error& error) {
        failed = error.what();
    }
    // Unverified: the words of these two.
    if (!failed.empty()) throw user_fault<aws::lambda::CodeArtifactUserFailedException>(failed);
    if (!was_lost) co_await set_image_state(name, function, lost);
    throw user_fault<aws::lambda::CodeArtifactUserDeletedException>(lost);
}

Task<void> Service::set_image_state(FunctionName name, std::shared_ptr<const Function> function, std::string lost) {
    const auto change = [&](Function& changed) {
        auto& configuration = changed.configuration;
        configuration.State = lost.empty() ? "Active" : "Failed";
        configuration.StateReason.reset();
        configuration.StateReasonCode.reset();
        if (lost.empty()) return;
        configuration.StateReason = lost;
        configuration.StateReasonCode = "ImageDeleted";
    };
    name.qualifier = function->version();
    co_await store_.transact([&](store::Transaction& tx) -> Task<void> {
        auto current = *co_await load_qualified(tx, functions_, name);
        if (current.image != function->image) co_return;  // it has another by now
        change(current);
        if (current.version() == latest) {
            save_function(tx, name, current);
        } else {
            save_version(tx, name, current);
        }
    });
}

}  // namespace cumulet::lambda
