// Images made of this machine's files, and an engine that has them.
#pragma once

#include "base/json.h"
#include "services/lambda/images/engine.h"
#include "services/lambda/tests/support/workshop.h"

namespace cumulet::lambda {

/// A program that obeys docker's command line as far as Lambda uses it, in a folder of its own. What it exports is a
/// tar archive that Python makes of a folder.
class ScriptedEngine {
  public:
    ScriptedEngine();
    std::string program() const { return (folder_.path() / "engine").string(); }
    /// The engine has the folder `root` as the image `name` from now on; the result is its id.
    std::string add(const std::string& name, const std::filesystem::path& root, const json::object& config);
    /// As `add`, but it must be pulled first.
    std::string publish(const std::string& name, const std::filesystem::path& root, const json::object& config);
    void forget(const std::string& name);
    /// The command lines that it was given so far.
    std::vector<std::string> calls() const;

  private:
    std::string put(const std::string& list, const std::string& name, const std::filesystem::path& root,
                    const json::object& config);

    Folder folder_;
    int serial_ = 0;
};

/// The file system of an image whose function answers an event, a text, with what bash writes when it runs that text.
class ShellImage {
  public:
    ShellImage();
    const std::filesystem::path& root() const { return folder_.path(); }
    void write(const std::string& name, std::string_view text, bool executable = false) const {
        folder_.write(name, text, executable);
    }
    /// Its configuration with the entry point /bootstrap.
    static json::object config();

  private:
    Folder folder_;
};

}  // namespace cumulet::lambda
