// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "config/diagnostic.h"
#include "model/detection_config.h"

namespace mimir::tools {

/// A file that has suppressions: an appliance's configuration, or the keys of its section
/// `detection` alone, as `mimir score --suppress` takes them.
struct SuppressionFile {
  std::string path;
  bool is_configuration = false;
  std::string text;
  DetectionConfig detection;
};

/// Nothing, and every fault at its place, if it is no such file.
[[nodiscard]] std::optional<SuppressionFile> read_suppression_file(
    const std::string& path, bool is_configuration, config::Diagnostics& diagnostics);

/// `{detector: "exfiltration", source: "user-db", ...}`, one line.
[[nodiscard]] std::string to_yaml(const SuppressionConfig& suppression);

/// The text with one more suppression behind those it has, all else as it was, byte for byte.
/// What comes out is read again: unless nothing but that differs, it is nothing, and an error.
[[nodiscard]] std::optional<std::string> text_with(const SuppressionFile& file,
                                                   const SuppressionConfig& suppression,
                                                   config::Diagnostics& diagnostics);

}  // namespace mimir::tools
