// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "dataplane/record/time.h"
#include "model/detector/party.h"

namespace mimir::detector {

/// The same of the same is not reported again before that, where a detector says no other time.
inline constexpr TimeNs kQuietNs = kNsPerHour;
/// Or what is counted has grown so many times.
inline constexpr std::uint32_t kReportFactor = 10;

/// Which detector speaks. Each has a row in the catalogue.
enum class Kind : std::uint8_t {
  kPortScan,
  kHostSweep,
  kLateralMovement,
  kBruteForce,
  kBeacon,
  kEchoTunnel,
  kLongConnection,
  kDnsVolume,
  kDnsTunnel,
  kEncryptedDns,
  kApplicationPort,
  kPayloadRule,
  kHttpFingerprint,
};

enum class Severity : std::uint8_t { kHigh = 1, kMedium = 2, kLow = 3 };

/// Somebody a finding is about.
struct Endpoint {
  Party party;
  std::vector<std::uint16_t> ports;       ///< that were tried, ascending; some of them
  std::vector<std::uint16_t> open_ports;  ///< that answered, ascending
};

/// One step of a way through the cluster.
struct Hop {
  TimeNs time_ns = 0;
  Party source;
  Party destination;
  std::uint16_t port = 0;
  std::uint8_t protocol = 0;
  std::string what{};  ///< why it counts: "never seen in training, database port"
};

/// A figure the verdict rests on.
struct Fact {
  std::string_view name;
  std::variant<std::uint64_t, double, std::string> value;
};

/// What a detector has to say. Its evidence stands beside the structural score of a
/// window and is never added to it.
struct Finding {
  Kind kind = Kind::kPortScan;
  Severity severity = Severity::kMedium;
  std::string variant{};  ///< "vertical", "horizontal", ...; empty where there is one only
  TimeNs first_ns = 0;    ///< of what it rests on
  TimeNs last_ns = 0;
  Party source{};
  std::vector<Endpoint> targets{};  ///< at most kTargetMax, the first tried first
  std::uint64_t target_count = 0;   ///< of all
  std::vector<Hop> hops{};
  std::vector<Fact> facts{};
  std::vector<std::string_view> techniques{};  ///< of MITRE ATT&CK, the nearest first
  std::string summary{};                       ///< one sentence for people
  bool is_update = false;                      ///< the same was reported before, and has grown
};

inline constexpr std::size_t kTargetMax = 32;
inline constexpr std::size_t kPortMax = 32;

/// Time, then source, then kind: the order in which a window's findings are reported.
void sort_findings(std::vector<Finding>& findings);

}  // namespace mimir::detector
