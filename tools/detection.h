// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "controlplane/alert/finding_alert.h"
#include "controlplane/alert/recent_findings.h"
#include "controlplane/alert/sighting.h"
#include "dataplane/payload/signatures.h"
#include "model/detector/detector_set.h"
#include "model/detector/suppression.h"
#include "model/learn/model.h"
#include "tools/cluster_context.h"

namespace mimir::tools {

/// The rules as the detectors know them.
[[nodiscard]] std::vector<detector::PayloadRule> payload_rules_of(
    const payload::Signatures* signatures);

/// What the detectors are told. All of it may be absent.
struct DetectionOptions {
  const ClusterContext* context = nullptr;  ///< null: every address is somebody of its own
  const learn::Model* model = nullptr;      ///< null: nobody's habits are known
  std::string model_digest{};
  std::vector<detector::Suppression> suppressions{};
  /// What the payload was looked into for; null: nothing.
  const payload::Signatures* signatures = nullptr;
  /// Of the tables' hash, so that nobody can aim at it; shows only where a table overflows.
  std::uint64_t secret = 0;
};

/// The detectors as every command runs them: windows in, sightings out. Also of what a model
/// says of these windows, for what is suppressed is the same for both: it is a sighting like
/// any other, and marked as such.
///
/// Threads: one owner. REQUIRES: what it is given outlives it.
class Detection {
 public:
  using Sink = std::function<void(controlplane::Sighting)>;

  Detection(DetectionOptions options, Sink sink);
  Detection(const Detection&) = delete;  // its parts refer to each other
  Detection& operator=(const Detection&) = delete;

  void add(const Window& window);
  void flush();

  /// Another model's habits and other suppressions count from here on; what the detectors
  /// remember stays.
  void adopt(const learn::Model& model, const std::string& model_digest,
             std::vector<detector::Suppression> suppressions);
  /// What facts of rules from number `first_rule` on mean.
  void set_rules(std::uint16_t first_rule, const payload::Signatures* signatures);
  /// From here on, who is who is as `context` has it, whose services go on from those of
  /// the one before. With `is_renumbered` its nodes do not: the detectors begin anew.
  void move_to(const ClusterContext& context, bool is_renumbered);

  /// A window above its threshold, beside which it puts what was lately found of its services.
  void report(controlplane::Alert& alert);

  /// "3 alerts of detectors, 2 of all were suppressed, 1 is a habit", and a line for each
  /// suppression that has expired and would have covered something.
  [[nodiscard]] std::string describe() const;

 private:
  void report(const std::vector<detector::Finding>& findings);
  /// False: it is suppressed.
  bool tell(const detector::SuppressionSubject& subject, controlplane::Sighting sighting);

  DetectionOptions options_;
  detector::Resolver resolver_;
  detector::KnownHabits habits_;
  /// What facts mean, by the half that their numbers are in.
  std::array<std::vector<detector::PayloadRule>, 2> rule_sets_;
  std::optional<detector::DetectorSet> detectors_;
  detector::Suppressor suppressor_;
  controlplane::HabitOrigin origin_;
  controlplane::FindingWindow window_;
  controlplane::RecentFindings recent_;
  Sink sink_;
  std::uint64_t alert_count_ = 0;
};

}  // namespace mimir::tools
