// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "config/json.h"
#include "controlplane/alert/alert.h"
#include "model/detector/finding.h"
#include "model/detector/party.h"
#include "model/window.h"

namespace mimir::controlplane {

/// The window in which a detector spoke.
struct FindingWindow {
  TimeNs begin_ns = 0;
  TimeNs end_ns = 0;
  bool is_partial = false;
  AlertLoss loss;  ///< mapped_bytes_ratio is NaN: the detectors do not ask
};

[[nodiscard]] FindingWindow window_of(const Window& window);

/// Which model's habits the detectors knew; both empty if none.
struct HabitOrigin {
  std::string model_name;
  std::string model_digest;
};

/// A finding as the same EVE-like object that to_json(const Alert&) makes, told apart by
/// `mimir.kind`. Its figures are `mimir.evidence`; it has no score, and no score has
/// its figures.
[[nodiscard]] config::Json to_json(const detector::Finding& finding, const FindingWindow& window,
                                   const HabitOrigin& origin, const detector::Resolver& resolver);

}  // namespace mimir::controlplane
