// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/diagnostic.h"
#include "config/section.h"
#include "model/detector/suppression.h"

namespace mimir {

/// One element of `detection.suppress`, as it was written.
struct SuppressionConfig {
  std::string detector = "any";
  std::string source;
  std::string target;
  std::uint16_t port = 0;
  std::string until;
  std::string reason;
};

/// One element of `detection.thresholds`.
struct ThresholdConfig {
  std::int64_t granularity_ns = 0;
  double threshold = 0;
};

/// The `detection:` section: above what a window is an alert, where it is not the model to
/// say so, and what the detectors are not to report.
struct DetectionConfig {
  std::vector<ThresholdConfig> thresholds;
  std::vector<SuppressionConfig> suppress;

  /// REQUIRES: the section has read it without an error.
  [[nodiscard]] std::vector<detector::Suppression> suppressions() const;
};

[[nodiscard]] config::Section<DetectionConfig> detection_section();

/// Reads a file that holds the keys of the section and nothing else.
[[nodiscard]] std::optional<DetectionConfig> read_detection_config(
    std::string_view text, std::string_view file, config::Diagnostics& diagnostics);

}  // namespace mimir
