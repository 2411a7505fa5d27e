// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/diagnostic.h"
#include "config/json.h"
#include "config/json_member.h"
#include "tools/command/commands.h"
#include "tools/incident_text.h"
#include "tools/text_file.h"

namespace mimir::tools {

namespace {

using config::Json;

const Json& incident_of(const Json& line) { return member(member(line, "mimir"), "incident"); }

class ExplainCommand final : public Command {
 public:
  [[nodiscard]] const char* name() const override { return "explain"; }
  [[nodiscard]] const char* summary() const override {
    return "Says why an alert was raised: what was seen, what was expected, what to do";
  }
  [[nodiscard]] const char* example() const override { return "explain alerts.jsonl"; }

  void declare(CommandLine& line) override {
    line.positional("FILE", path_, "where output.alerts went, or what mimir score printed");
    line.optional_positionals("ID", ids_,
                              "an incident's id, or the beginning of it; none: the last one");
  }

  [[nodiscard]] ExitCode run(std::span<const std::string> /*eal_arguments*/) override {
    config::Diagnostics diagnostics;
    const std::optional<Json> found = find(diagnostics);
    if (!found && !diagnostics.has_errors()) {
      diagnostics.error({.file = path_},
                        ids_.empty() ? "there is no alert in it"
                                     : "no incident in it begins with `" + ids_.front() + "`",
                        "mimir.incident.id is the id of a line");
    }
    fmt::print(stderr, "{}", diagnostics.render());
    if (!found) return ExitCode::kData;
    const Json& incident = incident_of(*found);
    fmt::print("{}  {}\n", text_of(*found, "timestamp"),
               text_of(member(*found, "alert"), "signature"));
    fmt::print("  incident {}, {}, seen {} times since {}\n", text_of(incident, "id"),
               text_of(incident, "state"), count_of(incident, "count"),
               text_of(incident, "first_seen"));
    fmt::print("{}", reasons_text(*found));
    return ExitCode::kOk;
  }

 private:
  /// The last line of the incident that is meant: the gravest if it is closed.
  [[nodiscard]] std::optional<Json> find(config::Diagnostics& diagnostics) const {
    const std::optional<std::string> text = read_text_file(path_, diagnostics);
    if (!text) return std::nullopt;
    std::optional<Json> found;
    std::uint32_t number = 0;
    for (std::string_view rest = *text; !rest.empty();) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      const std::string_view line = rest.substr(0, end);
      rest.remove_prefix(std::min(end + 1, rest.size()));
      ++number;
      if (line.empty()) continue;
      std::optional<Json> json = config::parse_json(line, path_, diagnostics, number);
      if (!json) return std::nullopt;
      const std::string& id = text_of(incident_of(*json), "id");
      if (id.empty() || (!ids_.empty() && !id.starts_with(ids_.front()))) continue;
      found = std::move(json);
    }
    return found;
  }

  std::string path_;
  std::vector<std::string> ids_;
};

}  // namespace

std::unique_ptr<Command> make_explain_command() { return std::make_unique<ExplainCommand>(); }

}  // namespace mimir::tools
