// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "config/json.h"
#include "controlplane/alert/alert.h"
#include "controlplane/alert/finding_alert.h"
#include "dataplane/record/time.h"
#include "model/detector/finding.h"
#include "model/detector/party.h"

namespace mimir::controlplane {

/// What was seen of an incident in one window: an alert before it is known whether it
/// opens an incident, goes on with one, or need not be said again.
struct Sighting {
  /// Equal for whatever is the same to the person on duty: the detector, then the path or
  /// who is concerned, joined by `|`. Time, granularity and figures are no part of it.
  std::string key;
  std::string detector;        ///< "exfiltration", "port_scan"
  std::uint8_t severity = 1;   ///< 1 high, 2 medium, 3 low
  TimeNs first_ns = 0;         ///< of what it rests on
  TimeNs end_ns = 0;           ///< of its window
  double weight = 0;           ///< the largest of an incident is what its end restates
  bool is_suppressed = false;  ///< somebody allowed it: it is remembered, and nobody is told
  config::Json line{};         ///< to_json() of it
};

/// `exfiltration|user-db|user|outside`; the weight is how far above its threshold it is.
[[nodiscard]] Sighting sighting_of(const Alert& alert);

/// `port_scan|shop/user-0` for what looks for somebody, of whom it finds ever more;
/// `beacon|VARIANT|SOURCE|TARGET` for what concerns two. The weight is the severity's.
[[nodiscard]] Sighting sighting_of(const detector::Finding& finding, const FindingWindow& window,
                                   const HabitOrigin& origin, const detector::Resolver& resolver);

}  // namespace mimir::controlplane
