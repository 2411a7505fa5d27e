// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <string>

#include <fmt/format.h>

#include "config/diagnostic.h"
#include "config/json.h"
#include "controlplane/appliance_config.h"
#include "tools/command/commands.h"
#include "tools/text_file.h"

namespace mimir::tools {

namespace {

using config::EffectiveKey;
using config::Json;

std::string origin_text(const EffectiveKey& key) {
  if (key.node == nullptr) return "default";
  const config::Place& place = key.node->place;
  return fmt::format("{}:{}:{}", place.file, place.line, place.column);
}

Json to_json(const EffectiveKey& key) {
  Json json = Json::object();
  json.set("key", key.key).set("value", key.value);
  if (key.node == nullptr) return json.set("file", Json());
  const config::Place& place = key.node->place;
  return json.set("file", place.file).set("line", place.line).set("column", place.column);
}

class ConfigCommand final : public Command {
 public:
  [[nodiscard]] const char* name() const override { return "config"; }
  [[nodiscard]] const char* summary() const override {
    return "Shows every key of a configuration as it is in force, and where it is written";
  }
  [[nodiscard]] const char* example() const override {
    return "config dump --config mimir.yaml --origin";
  }

  void declare(CommandLine& line) override {
    line.choice("WHAT", what_, {"dump"}, "what to do with it");
    line.required_text("--config", config_path_, "FILE", "the configuration");
    line.flag("--origin", origin_, "and FILE:LINE:COLUMN, or default");
    line.flag("--json", json_, "one JSON object a line and key, with its origin");
  }

  [[nodiscard]] ExitCode run(std::span<const std::string> /*eal_arguments*/) override {
    config::Diagnostics diagnostics;
    const auto text = read_text_file(config_path_, diagnostics);
    const auto dump =
        text ? controlplane::dump_appliance_config(*text, config_path_, diagnostics) : nullptr;
    fmt::print(stderr, "{}", diagnostics.render());
    if (dump == nullptr) return ExitCode::kUsage;
    std::size_t width = 0;
    for (const EffectiveKey& key : dump->keys) {
      width = std::max(width, key.key.size() + key.value.size());
    }
    for (const EffectiveKey& key : dump->keys) {
      if (json_) {
        fmt::print("{}\n", config::to_text(to_json(key)));
      } else if (origin_) {
        const std::string line = key.key + ": " + key.value;
        fmt::print("{:<{}}  # {}\n", line, width + 2, origin_text(key));
      } else {
        fmt::print("{}: {}\n", key.key, key.value);
      }
    }
    return ExitCode::kOk;
  }

 private:
  std::string what_ = "dump";
  std::string config_path_;
  bool origin_ = false;
  bool json_ = false;
};

}  // namespace

std::unique_ptr<Command> make_config_command() { return std::make_unique<ConfigCommand>(); }

}  // namespace mimir::tools
