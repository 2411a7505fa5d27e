// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "config/diagnostic.h"
#include "config/json.h"
#include "model/learn/model_difference.h"
#include "tools/appliance.h"
#include "tools/command/commands.h"
#include "tools/model_text.h"

namespace mimir::tools {

namespace {

using config::Json;

constexpr std::size_t kDigestShown = 16;

class ModelCommand final : public Command {
 public:
  [[nodiscard]] const char* name() const override { return "model"; }
  [[nodiscard]] const char* summary() const override {
    return "The life of a model: what two of them differ in";
  }
  [[nodiscard]] const char* example() const override { return "model diff shop.mimir new.mimir"; }

  void declare(CommandLine& line) override {
    line.positional("WHAT", what_, "diff: what two model files differ in");
    line.optional_positionals("FILE", files_, "diff: the two model files, the older first");
    line.count("--top", top_, 1, 100'000, "N", "diff: how many of each kind to list");
    line.flag("--json", json_, "one JSON object");
  }

  [[nodiscard]] ExitCode run(std::span<const std::string> /*eal_arguments*/) override {
    config::Diagnostics diagnostics;
    ExitCode code = ExitCode::kUsage;
    if (check(diagnostics)) code = diff(diagnostics);
    fmt::print(stderr, "{}", diagnostics.render());
    return code;
  }

 private:
  bool check(config::Diagnostics& diagnostics) const {
    if (what_ != "diff") {
      diagnostics.error({}, fmt::format("nothing called `{}` is done to models", what_),
                        "give diff");
    } else if (files_.size() != 2) {
      diagnostics.error({}, "diff takes two model files", "mimir model diff shop.mimir new.mimir");
    }
    return !diagnostics.has_errors();
  }

  ExitCode diff(config::Diagnostics& diagnostics) const {
    const auto before = load_model(files_[0], diagnostics);
    const auto after = load_model(files_[1], diagnostics);
    if (!before || !after) return ExitCode::kData;
    const learn::ModelDifference found = learn::difference(before->model, after->model);
    if (json_) {
      Json json = learn::to_json(found);
      json.set("before", named(files_[0], *before)).set("after", named(files_[1], *after));
      fmt::print("{}\n", config::to_text(json));
      return ExitCode::kOk;
    }
    const std::size_t width = std::max(files_[0].size(), files_[1].size());
    fmt::print("{:<{}}  sha256 {}\n{:<{}}  sha256 {}\n\n", files_[0], width,
               before->digest.substr(0, kDigestShown), files_[1], width,
               after->digest.substr(0, kDigestShown));
    fmt::print("{}", difference_text(found, top_));
    return ExitCode::kOk;
  }

  static Json named(const std::string& path, const ModelWithDigest& loaded) {
    return Json::object()
        .set("file", path)
        .set("name", loaded.model.context.name)
        .set("sha256", loaded.digest);
  }

  std::string what_;
  std::vector<std::string> files_;
  std::uint64_t top_ = 10;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_model_command() { return std::make_unique<ModelCommand>(); }

}  // namespace mimir::tools
