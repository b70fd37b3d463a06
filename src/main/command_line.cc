// The command line. CLI11 is read here and nowhere else: it costs seconds to compile.

#include "main/command_line.h"

#include <CLI/CLI.hpp>

#include "main/commands.h"

namespace cumulet {
namespace {

constexpr std::string_view version = "0.1.0";

/// A size of the embedded engine: a number of bytes, or with a unit, such as 512MB.
void add_cache(CLI::App& command, const std::string& flag, size_t& bytes, const std::string& about) {
    command.add_option(flag, bytes, about)
        ->transform(CLI::AsSizeValue(false))
        ->check(CLI::Range(uint64_t{0}, uint64_t{1} << 40));
}

void add_serve(CLI::App& app, ServeOptions& options, std::function<int()>& chosen) {
    auto* serve_command = app.add_subcommand("serve", "Run a cloud on this machine");
    serve_command->add_option("--listen", options.listen, "Addresses to listen on: host:port or unix:/path")
        ->delimiter(',')
        ->capture_default_str();
    serve_command->add_option("--data", options.data, "Folder in which state is kept")->capture_default_str();
    serve_command->add_flag_callback(
        "--ephemeral", [&] { options.engine = Engine::memory; },
        "Keep everything in memory; nothing outlives the process");
    serve_command->add_option_function<std::string>(
        "--postgres",
        [&](const std::string& connection) {
            options.engine = Engine::postgres;
            options.postgres = connection;
        },
        "Keep state in PostgreSQL, shared with other processes: a libpq connection string");
    const std::map<std::string, Durability> durabilities{{"sync", Durability::sync},
                                                         {"interval", Durability::interval}};
    serve_command
        ->add_option("--durability", options.durability,
                     "When an answer is given: after its state is synced to disk "
                     "(sync), or up to 100 ms before (interval)")
        ->transform(CLI::CheckedTransformer(durabilities))
        ->default_str("sync");
    add_cache(*serve_command, "--resident-memory", options.rocks.resident_bytes,
              "Memory for what is read in order all the time: queues, due times, streams [256MB]");
    add_cache(*serve_command, "--row-cache", options.rocks.row_cache_bytes,
              "Memory for single records that were read lately [64MB]");
    add_cache(*serve_command, "--block-cache", options.rocks.block_cache_bytes,
              "Memory for blocks of the data files on disk and of their indexes [128MB]");
    const std::map<std::string, dispatch::SignatureMode> signatures{{"off", dispatch::SignatureMode::off},
                                                                    {"check", dispatch::SignatureMode::check}};
    serve_command
        ->add_option("--signatures", options.door.signatures, "Whether request signatures are checked: off, check")
        ->transform(CLI::CheckedTransformer(signatures))
        ->default_str("off");
    const std::map<std::string, dispatch::AuthorisationMode> modes{{"off", dispatch::AuthorisationMode::off},
                                                                   {"log", dispatch::AuthorisationMode::log},
                                                                   {"enforce", dispatch::AuthorisationMode::enforce}};
    serve_command->add_option("--iam", options.door.authorisation, "Whether policies decide: off, log, enforce")
        ->transform(CLI::CheckedTransformer(modes))
        ->default_str("off");
    serve_command->add_flag("--dynamodb-throttling", options.table_throttling,
                            "Hold DynamoDB's tables and indexes to their throughput [DYNAMODB_THROTTLING]");
    serve_command->add_option("--threads", options.reactors, "Reactor threads; 0 is one per core")
        ->capture_default_str();
    serve_command->add_flag("--tls", options.tls,
                            "Accept TLS too, on the same port; generates a certificate unless given one");
    serve_command->add_option("--certificate", options.certificate, "PEM file of the certificate chain");
    serve_command->add_option("--key", options.key, "PEM file of the certificate's key");
    serve_command
        ->add_option("--clock-factor", options.clock_factor,
                     "Make the cloud's clock virtual: seconds it goes per real second; 0 stands still")
        ->check(CLI::Range(0.0, 1e6));
    const std::map<std::string, lambda::Network> networks{
        {"host", lambda::Network::host}, {"loopback", lambda::Network::loopback}, {"none", lambda::Network::none}};
    serve_command
        ->add_option("--lambda-network", options.functions.network,
                     "What functions reach: all that this machine does (host), its loopback interface (loopback), "
                     "nothing (none)")
        ->transform(CLI::CheckedTransformer(networks))
        ->default_str("host");
    serve_command->add_option("--lambda-container-engine", options.functions.container_engine,
                              "The program that has functions' images [docker or podman, as found on the PATH]");
    auto* hot_reload = serve_command->add_flag("--hot-reload,!--no-hot-reload", options.functions.hot_reload,
                                               "Whether callers may run folders of this machine as functions [yes, "
                                               "unless signatures or policies are checked]");
    serve_command->add_option("--init-hooks", options.init_hooks, "Folder of boot.d, start.d, ready.d and shutdown.d")
        ->capture_default_str();
    serve_command->callback([&options, &chosen, hot_reload] {
        const bool guarded = options.door.signatures != dispatch::SignatureMode::off ||
                             options.door.authorisation == dispatch::AuthorisationMode::enforce;
        if (!hot_reload->count()) options.functions.hot_reload = !guarded;
        chosen = [&options] { return serve(options); };
    });
}

void add_target(CLI::App& command, TargetOptions& options) {
    command.add_option("--endpoint", options.endpoint,
                       "The cloud's address [AWS_ENDPOINT_URL, else http://127.0.0.1:4566]");
    command.add_option("--region", options.region, "The region [AWS_REGION, AWS_DEFAULT_REGION, else us-east-1]");
}

void add_deploy(CLI::App& app, DeployOptions& options, std::function<int()>& chosen) {
    auto* command = app.add_subcommand("deploy", "Package a template's code and deploy it as a stack");
    command->add_option("TEMPLATE", options.template_file, "The template: YAML or JSON, CloudFormation or SAM")
        ->required()
        ->check(CLI::ExistingFile);
    command->add_option(
        "PARAMETERS", options.parameters,
        "Parameters of the template: Key=Value. Those left out keep the stack's value, or have their default");
    command->add_option("--stack-name", options.stack_name, "The stack's name [that of the template's folder]");
    command->add_option("--s3-bucket", options.s3_bucket,
                        "The bucket for packaged code [cumulet-deploy-<region>-<account>, made if it is missing]");
    command
        ->add_option("--capabilities", options.capabilities,
                     "What the template may do, separated by commas [everything]")
        ->allow_extra_args(false)
        ->delimiter(',');
    command->add_flag("--watch", options.watch, "Go on, and deploy again whenever the template or its code changes");
    add_target(*command, options.target);
    command->callback([&] { chosen = [&options] { return deploy(options); }; });
}

void add_delete(CLI::App& app, DeleteOptions& options, std::function<int()>& chosen) {
    auto* command = app.add_subcommand("delete", "Delete a stack and all that it made");
    command->add_option("STACK", options.stack_name, "The stack's name")->required();
    add_target(*command, options.target);
    command->callback([&] { chosen = [&options] { return delete_stack(options); }; });
}

void add_env(CLI::App& app, EnvOptions& options, std::function<int()>& chosen) {
    auto* command = app.add_subcommand("env", "Print the variables by which SDKs and command lines find the cloud");
    command->add_option("--account", options.account, "The account to be: twelve digits [000000000000]")
        ->check([](const std::string& text) {
            const bool is_account = text.size() == 12 && text.find_first_not_of("0123456789") == text.npos;
            return is_account ? std::string() : std::string("must be twelve digits");
        });
    add_target(*command, options.target);
    command->callback([&] { chosen = [&options] { return print_environment(options); }; });
}

void add_status(CLI::App& app, TargetOptions& options, std::function<int()>& chosen) {
    auto* command = app.add_subcommand("status", "Say whether a cloud answers, and what it runs");
    add_target(*command, options);
    command->callback([&] { chosen = [&options] { return print_status(options); }; });
}

void add_logs(CLI::App& app, LogsOptions& options, std::function<int()>& chosen) {
    auto* command = app.add_subcommand("logs", "Print what functions logged");
    command->add_option("NAME", options.name, "A function or log group, or the beginning of its name [all]");
    command->add_flag("--tail", options.tail, "Go on as events happen");
    command->add_option("--since", options.since, "How far back: 30s, 10m, 2h, 1d")->capture_default_str();
    command->add_option("--filter", options.filter, "Only events that match this filter pattern");
    add_target(*command, options.target);
    command->callback([&] { chosen = [&options] { return print_logs(options); }; });
}

}  // namespace

int run_command_line(int count, char** arguments) {
    CLI::App app("Cumulet runs microservices that were written for AWS: on a laptop, in CI, on your own servers.");
    app.set_version_flag("--version", std::string(version));
    app.require_subcommand(1);
    app.fallthrough(false);
    std::function<int()> chosen;
    ServeOptions serve_options;
    DeployOptions deploy_options;
    DeleteOptions delete_options;
    EnvOptions env_options;
    TargetOptions status_options;
    LogsOptions logs_options;
    try {
        serve_options = options_from_environment();
        add_serve(app, serve_options, chosen);
        add_deploy(app, deploy_options, chosen);
        add_delete(app, delete_options, chosen);
        add_env(app, env_options, chosen);
        add_status(app, status_options, chosen);
        add_logs(app, logs_options, chosen);
        app.parse(count, arguments);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 2;
    } catch (const std::invalid_argument& error) {
        fmt::print(stderr, "cumulet: {}\n", error.what());
        return 2;
    }
    return chosen();
}

}  // namespace cumulet
