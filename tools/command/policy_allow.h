// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "config/diagnostic.h"
#include "controlplane/history/history.h"
#include "model/detection_config.h"
#include "model/detector/catalogue.h"
#include "tools/allowance.h"
#include "tools/command_line.h"
#include "tools/suppression_file.h"

namespace mimir::tools {

/// `mimir policy allow`: what one more suppression would have held back, before it is in force.
class PolicyAllow {
 public:
  void declare(CommandLine& line);
  [[nodiscard]] ExitCode run(bool is_json, config::Diagnostics& diagnostics) const;

 private:
  [[nodiscard]] bool check(config::Diagnostics& diagnostics) const;
  /// The file that suppressions are in, or an empty one; nothing, and an error, if it is none.
  [[nodiscard]] std::optional<SuppressionFile> read_file(config::Diagnostics& diagnostics) const;
  /// What was asked for, as a file would have it.
  [[nodiscard]] std::optional<SuppressionConfig> entry(TimeNs newest_ns,
                                                       config::Diagnostics& diagnostics) const;
  [[nodiscard]] std::optional<std::string> until(TimeNs newest_ns,
                                                 config::Diagnostics& diagnostics) const;
  void compare(const SuppressionFile& file, const detector::Suppression& wanted, TimeNs newest_ns,
               config::Diagnostics& diagnostics) const;
  void warn_of_attacks(const Allowance& allowance, config::Diagnostics& diagnostics) const;
  [[nodiscard]] ExitCode allow(controlplane::History& history, const SuppressionFile& file,
                               bool is_json, config::Diagnostics& diagnostics) const;
  [[nodiscard]] bool write(const SuppressionFile& file, const SuppressionConfig& suppression,
                           config::Diagnostics& diagnostics) const;
  [[nodiscard]] ExitCode list(controlplane::History& history, const SuppressionFile& file,
                              bool is_json, config::Diagnostics& diagnostics) const;

  std::string detector_{detector::kExfiltrationDetector};
  std::string from_;
  std::string to_;
  std::uint64_t port_ = 0;
  std::string reason_;
  std::string expires_;
  std::string history_;
  std::string config_path_;
  std::string suppressions_;
  bool write_ = false;
  bool hide_malicious_ = false;
  bool list_ = false;
};

}  // namespace mimir::tools
