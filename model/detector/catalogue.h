// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "model/detector/finding.h"

namespace mimir::detector {

/// Whose alarms are windows above their threshold; all others are in the catalogue.
inline constexpr std::string_view kExfiltrationDetector = "exfiltration";

/// What is the same in all findings of a kind: names that scripts rely on, and a
/// paragraph for whoever is on duty.
struct KindText {
  Kind kind;
  std::string_view name;       ///< "port_scan"
  std::uint64_t signature_id;  ///< never used for anything else again
  std::string_view category;   ///< as Suricata's classification names it
  std::string_view signature;  ///< "MIMIR port scan"
  std::string_view tactic;     ///< MITRE ATT&CK
  std::string_view meaning;
  std::string_view false_alarm;  ///< how it is usually one
  std::string_view action;       ///< what to do
};

/// One row a kind, in the order of Kind.
[[nodiscard]] std::span<const KindText> catalogue();

[[nodiscard]] const KindText& text_of(Kind kind);

[[nodiscard]] std::string_view name(Severity severity);

}  // namespace mimir::detector
