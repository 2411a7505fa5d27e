// SPDX-License-Identifier: Apache-2.0
#include "tools/command/policy_allow.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "config/json.h"
#include "config/quantity.h"
#include "controlplane/alert/alert.h"
#include "tools/allowance_text.h"
#include "tools/text_file.h"

namespace mimir::tools {

namespace {

using controlplane::History;
using detector::Suppression;

constexpr std::uint64_t kPortMax = std::numeric_limits<std::uint16_t>::max();

std::vector<std::string> detector_words() {
  std::vector<std::string> words{std::string(detector::kExfiltrationDetector), "any"};
  for (const detector::KindText& text : detector::catalogue()) words.emplace_back(text.name);
  return words;
}

std::string second_text(TimeNs time_ns) {
  const std::size_t length = std::string("2026-01-05T00:00:00").size();
  return controlplane::to_timestamp(time_ns).substr(0, length) + 'Z';
}

bool is_of_the_same(const Suppression& a, const Suppression& b) {
  return a.detector == b.detector && a.source == b.source && a.target == b.target &&
         a.port == b.port;
}

std::string block_text(const SuppressionConfig& suppression, bool is_configuration) {
  return is_configuration ? fmt::format("detection:\n  suppress:\n    - {}\n", to_yaml(suppression))
                          : fmt::format("suppress:\n  - {}\n", to_yaml(suppression));
}

}  // namespace

void PolicyAllow::declare(CommandLine& line) {
  line.text("--from", from_, "SERVICE",
            "allow: who sends; of findings also a pod, an address or a range");
  line.text("--to", to_, "SERVICE", "allow: and to whom, in the same words, or outside");
  line.choice(
      "--detector", detector_, detector_words(),
      "allow: whose alarms; exfiltration: windows above their threshold, any: all findings");
  line.count("--port", port_, 0, kPortMax, "N", "allow: of findings, at which port; 0: any");
  line.text("--reason", reason_, "TEXT", "allow: why this is no attack");
  line.text("--expires", expires_, "WHEN",
            "allow: so much behind the newest window of the history, 30d, or a date");
  line.text("--history", history_, "FILE", "allow: the file that output.history names");
  line.text("--config", config_path_, "FILE",
            "allow: the appliance's configuration, whose suppressions are in force");
  line.text("--suppressions", suppressions_, "FILE",
            "allow: instead, the keys of its section detection, as mimir score --suppress reads");
  line.flag("--write", write_, "allow: add it to that file, behind what is there");
  line.flag("--hide-malicious", hide_malicious_,
            "allow: even if it covers incidents that are labelled malicious");
  line.flag("--list", list_, "allow: what is in force, until when, and how often it has matched");
}

ExitCode PolicyAllow::run(bool is_json, config::Diagnostics& diagnostics) const {
  if (!check(diagnostics)) return ExitCode::kUsage;
  std::string fault;
  const auto history = History::open(history_, fault);
  if (history == nullptr) {
    diagnostics.error({.file = history_}, "cannot be read: " + fault,
                      "give the file that output.history names");
    return ExitCode::kData;
  }
  const auto file = read_file(diagnostics);
  if (!file) return ExitCode::kUsage;
  return list_ ? list(*history, *file, is_json, diagnostics)
               : allow(*history, *file, is_json, diagnostics);
}

bool PolicyAllow::check(config::Diagnostics& diagnostics) const {
  if (history_.empty()) {
    diagnostics.error({}, "allow looks at what was", "give --history FILE, output.history's");
  }
  if (!config_path_.empty() && !suppressions_.empty()) {
    diagnostics.error({}, "suppressions are in one file", "give --config or --suppressions");
  }
  const bool has_file = !config_path_.empty() || !suppressions_.empty();
  if ((write_ || list_) && !has_file) {
    diagnostics.error({}, fmt::format("{} needs the file", write_ ? "--write" : "--list"),
                      "give --config FILE or --suppressions FILE");
  }
  if (list_) {
    if (write_ || !from_.empty() || !to_.empty()) {
      diagnostics.error({}, "--list allows nothing", "leave --from, --to and --write away");
    }
    return !diagnostics.has_errors();
  }
  if (reason_.empty()) {
    diagnostics.error({}, "what is allowed needs a reason",
                      "give --reason \"nightly export\", for whoever reads it next year");
  }
  if (expires_.empty()) {
    diagnostics.error({}, "what is allowed for ever is forgotten", "give --expires 30d or a date");
  }
  return !diagnostics.has_errors();
}

std::optional<SuppressionFile> PolicyAllow::read_file(config::Diagnostics& diagnostics) const {
  const bool is_configuration = suppressions_.empty();
  const std::string& path = is_configuration ? config_path_ : suppressions_;
  if (path.empty()) {
    return SuppressionFile{.path = {}, .is_configuration = true, .text = {}, .detection = {}};
  }
  return read_suppression_file(path, is_configuration, diagnostics);
}

std::optional<std::string> PolicyAllow::until(TimeNs newest_ns,
                                              config::Diagnostics& diagnostics) const {
  std::optional<TimeNs> until_ns = config::parse_utc_ns(expires_);
  if (const auto length_ns = config::parse_duration_ns(expires_); length_ns && newest_ns > 0) {
    until_ns = newest_ns + std::min(*length_ns, std::numeric_limits<TimeNs>::max() - newest_ns);
  } else if (length_ns) {
    diagnostics.error({.file = history_}, "has no window that --expires could be counted from",
                      "give a date: --expires 2026-12-31");
    return std::nullopt;
  }
  if (!until_ns) {
    diagnostics.error({}, fmt::format("--expires: `{}` is no time", expires_),
                      "write 30d, 2026-12-31 or 2026-12-31T12:00:00Z");
    return std::nullopt;
  }
  if (*until_ns > newest_ns) return second_text(*until_ns);
  diagnostics.error({},
                    fmt::format("--expires: at {} it has ended before the newest window, {}",
                                second_text(*until_ns), second_text(newest_ns)),
                    "nothing to come would be allowed: give a later time");
  return std::nullopt;
}

std::optional<SuppressionConfig> PolicyAllow::entry(TimeNs newest_ns,
                                                    config::Diagnostics& diagnostics) const {
  const auto until_text = until(newest_ns, diagnostics);
  if (!until_text) return std::nullopt;
  SuppressionConfig wanted{.detector = detector_,
                           .source = from_,
                           .target = to_,
                           .port = static_cast<std::uint16_t>(port_),
                           .until = *until_text,
                           .reason = reason_};
  // What the section refuses in a file it refuses here, in its words.
  const auto read = read_detection_config(block_text(wanted, false), "--from, --to", diagnostics);
  if (!read) return std::nullopt;
  DetectionConfig asked;
  asked.suppress.push_back(wanted);
  if (detection_section().changed_keys(asked, *read).empty()) return wanted;
  diagnostics.error({}, "--reason, --from or --to cannot be written in one line of YAML",
                    "use no line breaks");
  return std::nullopt;
}

void PolicyAllow::compare(const SuppressionFile& file, const Suppression& wanted, TimeNs newest_ns,
                          config::Diagnostics& diagnostics) const {
  const std::vector<Suppression> there = file.detection.suppressions();
  for (std::size_t i = 0; i < there.size(); ++i) {
    const std::string name = fmt::format("detection.suppress[{}]", i);
    if (there[i].until_ns <= newest_ns) {
      diagnostics.warning({.file = file.path},
                          fmt::format("{} has ended at {}: {}", name,
                                      second_text(there[i].until_ns), there[i].reason),
                          "it holds back nothing any more: remove it");
    } else if (is_of_the_same(there[i], wanted)) {
      const std::string message = fmt::format("{} allows the same until {}: {}", name,
                                              second_text(there[i].until_ns), there[i].reason);
      constexpr const char* kHint = "change its until and reason instead";
      if (write_) {
        diagnostics.error({.file = file.path}, message, kHint);
      } else {
        diagnostics.warning({.file = file.path}, message, kHint);
      }
    }
  }
}

void PolicyAllow::warn_of_attacks(const Allowance& allowance,
                                  config::Diagnostics& diagnostics) const {
  for (const AllowedIncident& each : allowance.incidents) {
    if (each.incident.label != "malicious") continue;
    const std::string text =
        fmt::format("ATTACK: {} was labelled malicious ({}), and {} would not have been told",
                    each.incident.id, each.incident.reason, each.is_whole ? "it" : "a part of it");
    if (hide_malicious_) {
      diagnostics.warning({.file = history_}, text);
    } else {
      diagnostics.error({.file = history_}, text,
                        "name a narrower edge; --hide-malicious allows it all the same");
    }
  }
}

ExitCode PolicyAllow::allow(History& history, const SuppressionFile& file, bool is_json,
                            config::Diagnostics& diagnostics) const {
  const TimeNs newest_ns = history.newest_ns();
  const auto wanted = entry(newest_ns, diagnostics);
  if (!wanted) return ExitCode::kUsage;
  DetectionConfig asked;
  asked.suppress.push_back(*wanted);
  const Suppression suppression = asked.suppressions().front();
  const auto allowance = weigh_allowance(history, file.detection.suppressions(), suppression);
  if (!allowance) {
    diagnostics.error({.file = history_}, "cannot be read: " + history.fault());
    return ExitCode::kData;
  }
  fmt::print(stderr, "{}", to_text(*allowance, suppression));
  warn_of_attacks(*allowance, diagnostics);
  const bool hides_attack = diagnostics.has_errors();
  compare(file, suppression, newest_ns, diagnostics);
  bool is_written = false;
  if (write_ && !diagnostics.has_errors()) is_written = write(file, *wanted, diagnostics);
  const std::string yaml = block_text(*wanted, file.is_configuration);
  if (is_json) {
    fmt::print("{}\n",
               config::to_text(to_json(*allowance).set("yaml", yaml).set("written", is_written)));
  } else if (!write_) {
    fmt::print("{}", yaml);
  }
  if (hides_attack) return ExitCode::kData;
  return diagnostics.has_errors() ? ExitCode::kUsage : ExitCode::kOk;
}

bool PolicyAllow::write(const SuppressionFile& file, const SuppressionConfig& suppression,
                        config::Diagnostics& diagnostics) const {
  const auto text = text_with(file, suppression, diagnostics);
  if (!text || !write_text_file(file.path, *text, diagnostics)) return false;
  fmt::print(stderr, "written   {}: {}\n", file.path, to_yaml(suppression));
  if (file.is_configuration) {
    fmt::print(stderr, "  next: mimir ctl --config {} reload\n", file.path);
  }
  return true;
}

ExitCode PolicyAllow::list(History& history, const SuppressionFile& file, bool is_json,
                           config::Diagnostics& diagnostics) const {
  const auto uses = uses_of(history, file.detection.suppressions());
  if (!uses) {
    diagnostics.error({.file = history_}, "cannot be read: " + history.fault());
    return ExitCode::kData;
  }
  const TimeNs newest_ns = history.newest_ns();
  if (is_json) {
    fmt::print("{}\n", config::to_text(to_json(*uses, newest_ns)));
  } else {
    fmt::print("{}", to_text(*uses, newest_ns));
  }
  fmt::print(stderr, "{} has {} suppressions; the history ends at {}\n", file.path, uses->size(),
             second_text(newest_ns));
  return ExitCode::kOk;
}

}  // namespace mimir::tools
