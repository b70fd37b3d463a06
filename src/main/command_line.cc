// The command line. CLI11 is read here and nowhere else: it costs seconds to compile.

#include "main/command_line.h"

#include <CLI/CLI.hpp>

#include "main/commands.h"

namespace cumulet {
namespace {

constexpr std::string_view version = "0.1.0";

void add_serve(CLI::App& app, ServeOptions& options, std::function<int()>& chosen) {
    auto* serve_command = app.add_subcommand("serve", "Run a cloud on this machine");
    serve_command->add_option("--listen", options.listen, "Addresses to listen on: host:port or unix:/path")
        ->delimiter(',')
        ->capture_default_str();
    serve_command->add_option("--data", options.data, "Folder in which state is kept")->capture_default_str();
    serve_command->add_flag_callback("--ephemeral", [&] { options.engine = Engine::memory; },
                                     "Keep everything in memory; nothing outlives the process");
    serve_command->add_option_function<std::string>(
        "--postgres",
        [&](const std::string& connection) {
            options.engine = Engine::postgres;
            options.postgres = connection;
        },
        "Keep state in PostgreSQL, shared with other processes: a libpq connection string");
    const std::map<std::string, Durability> durabilities{{"sync", Durability::sync}, {"interval", Durability::interval}};
    serve_command->add_option("--durability", options.durability, "When an answer is given: after its state is synced to disk "
                                                                  "(sync), or up to 100 ms before (interval)")
        ->transform(CLI::CheckedTransformer(durabilities))
        ->default_str("sync");
    const std::map<std::string, dispatch::SignatureMode> signatures{{"off", dispatch::SignatureMode::off},
                                                                    {"check", dispatch::SignatureMode::check}};
    serve_command->add_option("--signatures", options.door.signatures, "Whether request signatures are checked: off, check")
        ->transform(CLI::CheckedTransformer(signatures))
        ->default_str("off");
    const std::map<std::string, dispatch::AuthorisationMode> modes{{"off", dispatch::AuthorisationMode::off},
                                                                   {"log", dispatch::AuthorisationMode::log},
                                                                   {"enforce", dispatch::AuthorisationMode::enforce}};
    serve_command->add_option("--iam", options.door.authorisation, "Whether policies decide: off, log, enforce")
        ->transform(CLI::CheckedTransformer(modes))
        ->default_str("off");
    serve_command->add_option("--threads", options.reactors, "Reactor threads; 0 is one per core")->capture_default_str();
    serve_command->add_flag("--tls", options.tls, "Accept TLS too, on the same port; generates a certificate unless given one");
    serve_command->add_option("--certificate", options.certificate, "PEM file of the certificate chain");
    serve_command->add_option("--key", options.key, "PEM file of the certificate's key");
    serve_command->add_option("--clock-factor", options.clock_factor,
                              "Make the cloud's clock virtual: seconds it goes per real second; 0 stands still")
        ->check(CLI::Range(0.0, 1e6));
    serve_command->add_option("--init-hooks", options.init_hooks, "Folder of boot.d, start.d, ready.d and shutdown.d")
        ->capture_default_str();
    serve_command->callback([&] { chosen = [&options] { return serve(options); }; });
}

}  // namespace

int run_command_line(int count, char** arguments) {
    CLI::App app("Cumulet runs microservices that were written for AWS: on a laptop, in CI, on your own servers.");
    app.set_version_flag("--version", std::string(version));
    app.require_subcommand(1);
    app.fallthrough(false);
    std::function<int()> chosen;
    ServeOptions serve_options;
    try {
        serve_options = options_from_environment();
        add_serve(app, serve_options, chosen);
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
