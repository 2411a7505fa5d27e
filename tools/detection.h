// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "config/json.h"
#include "controlplane/alert/finding_alert.h"
#include "dataplane/payload/signatures.h"
#include "model/detector/detector_set.h"
#include "model/detector/suppression.h"
#include "model/learn/model.h"
#include "tools/cluster_context.h"

namespace mimir::tools {

/// The rules as the detectors know them.
[[nodiscard]] std::vector<detector::PayloadRule> payload_rules_of(
    const payload::Signatures* signatures);

/// The detectors as every command runs them: windows in, alerts out.
///
/// Threads: one owner. REQUIRES: what it is given outlives it.
class Detection {
 public:
  using Sink = std::function<void(const config::Json& alert)>;

  /// `signatures` is what the payload was looked into for; null: nothing.
  /// Without a context nobody is known, and every address is somebody of its own;
  /// without a model, whose digest is `digest`, nobody's habits are.
  Detection(const ClusterContext* context, const learn::Model* model, std::string digest,
            std::vector<detector::Suppression> suppressions, const payload::Signatures* signatures,
            Sink sink);
  Detection(const Detection&) = delete;  // its parts refer to each other
  Detection& operator=(const Detection&) = delete;

  void add(const Window& window);
  void flush();

  [[nodiscard]] std::uint64_t alert_count() const { return alert_count_; }
  /// "3 alerts of detectors, 2 were suppressed, 1 is a habit", and a line for each
  /// suppression that has expired and would have covered something.
  [[nodiscard]] std::string describe() const;

 private:
  void report(const std::vector<detector::Finding>& findings);

  detector::Resolver resolver_;
  detector::KnownHabits habits_;
  detector::DetectorSet detectors_;
  detector::Suppressor suppressor_;
  controlplane::HabitOrigin origin_;
  controlplane::FindingWindow window_;
  Sink sink_;
  std::uint64_t alert_count_ = 0;
};

}  // namespace mimir::tools
