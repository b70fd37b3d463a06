// `cumulet deploy`: a template and its local code become a stack.

#include "main/artifact_bucket.h"
#include "main/commands.h"
#include "main/console.h"
#include "main/packaging.h"
#include "main/parameters.h"
#include "main/stacks.h"
#include "main/target.h"
#include "main/zip.h"
#include "services/cloudformation/template/error.h"
#include "services/cloudformation/template/parse.h"
#include "services/lambda/hot_reload.h"

namespace cumulet {
namespace {

namespace fs = std::filesystem;

constexpr size_t max_inline_template_bytes = 51'200;
constexpr int max_nesting = 8;
constexpr auto between_looks = std::chrono::milliseconds(300);

json::object read_template(const fs::path& file) {
    try {
        return cloudformation::parse_template(read_file(file, cloudformation::max_template_bytes));
    } catch (const cloudformation::TemplateError& error) {
        throw std::runtime_error(fmt::format("{}: {}", file.string(), error.what()));
    }
}

void print_changes(const std::vector<PlannedChange>& changes) {
    for (const auto& change : changes) {
        const auto* mark = change.action == "Add" ? "+" : change.action == "Remove" ? "-" : "~";
        const auto tone = change.action == "Add" ? Tone::good : change.action == "Remove" ? Tone::bad : Tone::plain;
        fmt::print("  {} {:<32}  {}{}\n", toned(mark, tone), change.type, change.logical_id,
                   change.replacement == "True" ? "  (replaced)" : "");
    }
}

void print_outputs(const StackView& stack) {
    if (stack.outputs.empty()) return;
    size_t width = 0;
    for (const auto& output : stack.outputs) width = std::max(width, output.key.size());
    fmt::print("Outputs\n");
    for (const auto& output : stack.outputs) fmt::print("  {:<{}}  {}\n", output.key, width, output.value);
}

class Deployment {
  public:
    explicit Deployment(DeployOptions options)
        : options_(std::move(options)),
          given_(parse_parameters(options_.parameters)),
          client_(target_of(options_.target)),
          stacks_(client_),
          bucket_(client_, options_.s3_bucket) {}

    Task<int> run() {
        look_at(options_.template_file);
        auto document = read_template(options_.template_file);
        stack_ = co_await stacks_.find(options_.stack_name);
        const bool exists = stack_ && stack_->status != "REVIEW_IN_PROGRESS";
        const auto parameters =
            choose_parameters(document, given_, exists ? stack_->parameters : std::set<std::string>{});
        co_await package(&document, options_.template_file.parent_path(), 0);

        auto fields = change_set_fields(parameters, exists);
        co_await add_template(&fields, json::serialize(document));
        const auto created = co_await stacks_.create_change_set(std::move(fields));
        const auto changes = co_await stacks_.wait_for_change_set(created.change_set);
        if (changes.is_empty()) co_return co_await nothing_to_do(created);
        if (changes.status != "CREATE_COMPLETE") {
            throw std::runtime_error(fmt::format("The change set failed: {}", changes.reason));
        }
        fmt::print("{} stack {}\n", exists ? "Updating" : "Creating", options_.stack_name);
        print_changes(changes.changes);
        co_return co_await execute(created);
    }

    /// True once a file that was deployed is another than it was then.
    bool is_outdated() const {
        return std::ranges::any_of(seen_,
                                   [](const auto& each) { return lambda::folder_mark(each.first) != each.second; });
    }

  private:
    void look_at(const fs::path& path) { seen_.try_emplace(path, lambda::folder_mark(path)); }

    /// Uploads what the template names locally, and names the objects instead.
    Task<void> package(json::object* document, fs::path folder, int depth) {
        if (depth > max_nesting) throw std::runtime_error("Templates are nested too deep");
        for (auto& artifact : find_artifacts(*document, folder)) {
            look_at(artifact.path);
            std::string bytes;
            std::string extension = artifact.path.extension();
            if (artifact.packing == Packing::archive) {
                bytes = archive_bytes(artifact.path);
                extension = ".zip";
            } else if (artifact.packing == Packing::file) {
                bytes = read_file(artifact.path, max_unpacked_bytes);
            } else {
                auto nested = read_template(artifact.path);
                co_await package(&nested, artifact.path.parent_path(), depth + 1);
                bytes = json::serialize(nested);
                extension = ".template";
            }
            const auto placed = co_await bucket_.place(std::move(bytes), extension);
            *artifact.place = reference_to(artifact.reference, placed.bucket, placed.key, client_.target().endpoint);
            fmt::print("Packaged {} of {} as s3://{}/{}{}\n", artifact.path.string(), artifact.resource, placed.bucket,
                       placed.key, placed.uploaded ? "" : toned(" (unchanged)", Tone::muted));
        }
    }

    ApiClient::Fields change_set_fields(const std::vector<ChosenParameter>& parameters, bool exists) const {
        ApiClient::Fields fields{{"StackName", options_.stack_name},
                                 {"ChangeSetName", fmt::format("cumulet-deploy-{}", epoch_millis(client_.now()))},
                                 {"ChangeSetType", exists ? "UPDATE" : "CREATE"},
                                 {"Description", "Created by cumulet deploy"}};
        for (size_t i = 0; i < options_.capabilities.size(); ++i) {
            fields.emplace_back(fmt::format("Capabilities.member.{}", i + 1), options_.capabilities[i]);
        }
        for (size_t i = 0; i < parameters.size(); ++i) {
            const auto prefix = fmt::format("Parameters.member.{}.", i + 1);
            fields.emplace_back(prefix + "ParameterKey", parameters[i].key);
            if (parameters[i].use_previous) {
                fields.emplace_back(prefix + "UsePreviousValue", "true");
            } else {
                fields.emplace_back(prefix + "ParameterValue", parameters[i].value);
            }
        }
        return fields;
    }

    /// CloudFormation takes a template in the call up to a size, a longer one from S3.
    Task<void> add_template(ApiClient::Fields* fields, std::string text) {
        if (text.size() <= max_inline_template_bytes) {
            fields->emplace_back("TemplateBody", std::move(text));
            co_return;
        }
        const auto placed = co_await bucket_.place(std::move(text), ".template");
        fields->emplace_back("TemplateURL",
                             fmt::format("{}/{}/{}", client_.target().endpoint, placed.bucket, placed.key));
    }

    Task<int> nothing_to_do(Stacks::Created created) {
        co_await stacks_.delete_change_set(created.change_set);
        fmt::print("No changes: stack {} is up to date\n", options_.stack_name);
        if (stack_) print_outputs(*stack_);
        co_return 0;
    }

    Task<int> execute(Stacks::Created created) {
        const auto before = co_await stacks_.events_after(created.stack, "");
        co_await stacks_.execute_change_set(created.change_set);
        std::vector<StackEvent> causes;
        const auto stack = co_await stacks_.follow(created.stack, before.empty() ? "" : before.back().id, &causes);
        if (stack.has_succeeded()) {
            print_outputs(stack);
            co_return 0;
        }
        std::fflush(stdout);
        fmt::print(stderr, "cumulet: stack {} is {}{}{}\n", stack.name, stack.status, stack.reason.empty() ? "" : ": ",
                   stack.reason);
        for (const auto& cause : causes)
            fmt::print(stderr, "  {} ({}): {}\n", cause.logical_id, cause.type, cause.reason);
        if (stack.status == "ROLLBACK_COMPLETE") {
            fmt::print(stderr, "Nothing of it is left. Delete it before the next attempt: cumulet delete {}\n",
                       stack.name);
        }
        co_return 1;
    }

    const DeployOptions options_;
    const std::map<std::string, std::string> given_;
    ApiClient client_;
    Stacks stacks_;
    ArtifactBucket bucket_;
    std::optional<StackView> stack_;
    std::map<fs::path, std::string> seen_;  // what is deployed, with its marks from before it was read
};

/// Deploys, and again whenever a file changes, until a signal ends the process.
Task<int> deploy_again_and_again(DeployOptions options) {
    while (true) {
        Deployment deployment(options);
        std::string failure;
        try {
            co_await deployment.run();
        } catch (const std::invalid_argument&) {
            throw;  // the command line will not get better
        } catch (const std::exception& error) {
            failure = error.what();
        }
        if (!failure.empty()) fmt::print(stderr, "cumulet: {}\n", failure);
        fmt::print("Waiting for changes\n");
        std::fflush(stdout);
        while (!deployment.is_outdated()) co_await Reactor::current().pause(between_looks);
    }
}

}  // namespace

int deploy(DeployOptions options) {
    if (options.stack_name.empty()) {
        options.stack_name = stack_name_from(fs::absolute(options.template_file).parent_path().filename().string());
    }
    return run_command([](DeployOptions given) -> Task<int> {
        try {
            if (given.watch) co_return co_await deploy_again_and_again(std::move(given));
            Deployment deployment(std::move(given));
            co_return co_await deployment.run();
        } catch (const std::invalid_argument& error) {
            fmt::print(stderr, "cumulet: {}\n", error.what());
            co_return 2;
        }
    }(std::move(options)));
}

}  // namespace cumulet
