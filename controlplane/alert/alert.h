// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/json.h"
#include "dataplane/record/ledger.h"
#include "dataplane/record/time.h"
#include "model/detector/exfiltration_path.h"
#include "model/learn/model.h"

namespace mimir::controlplane {

/// Of every alert, whoever raised it.
inline constexpr std::string_view kAlertSchema = "mimir-eve/1.3";
inline constexpr std::uint64_t kAlertGeneratorId = 7700;

/// Two pods of one hop of the path, and what went between them in the window.
struct AlertHop {
  std::string source;       ///< "sock-shop/user-db-5d8c7b9f4-x2k8q"
  std::string destination;  ///< a pod, or "outside"
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
};

/// What a detector said lately of a service on the path.
struct RelatedFinding {
  std::string kind;    ///< as the detectors' own alert has it
  std::string source;  ///< the pod, or the address
  TimeNs end_ns = 0;   ///< of the window in which it said so
  std::string summary;
};

/// How much of the window the model did not get to see.
struct AlertLoss {
  PacketLedger packets;
  std::uint64_t records_lost = 0;
  std::uint64_t packets_lost = 0;
  std::uint64_t facts_lost = 0;     ///< of the payload
  std::uint64_t lost_at_ports = 0;  ///< never received: missed, damaged or without a buffer
  std::uint8_t shed_level = 0;      ///< one flow in 2^shed_level was counted throughout
  /// Of the window's bytes, those with both ends known; NaN where nobody asked.
  double mapped_bytes_ratio = 1;

  /// The share of what was sent to the ports that no flow holds. What is no IP was never the
  /// model's to see: ARP is no loss.
  [[nodiscard]] double loss_ratio() const noexcept;
};

[[nodiscard]] config::Json to_json(const AlertLoss& loss);
[[nodiscard]] config::Json to_json(const detector::EdgeEvidence& edge);
/// Sets `intercept`, `other` and `contributions`, whose sum is the score.
void set_attribution(config::Json& object, const learn::Score& score);

/// One window that a model judged to be above its threshold, with everything
/// needed to understand and to doubt it.
struct Alert {
  TimeNs begin_ns = 0;
  TimeNs end_ns = 0;
  std::uint32_t granularity_s = 0;
  bool is_partial = false;
  learn::Score score;
  std::vector<std::string> path;              ///< services, the holder of the data first
  std::vector<AlertHop> hops;                 ///< the busiest pods of each hop of `path`
  std::vector<detector::EdgeEvidence> edges;  ///< the most excessive first
  AlertLoss loss;
  std::vector<RelatedFinding> related{};  ///< part of no score
  std::string model_name;
  std::string model_digest;
};

/// One line for people: "user-db sent 2.1 MB to user in 10 s (expected 200 kB, 99th
/// percentile 400 kB); user sent 2 MB to outside in 10 s (an edge never seen in
/// training)".
[[nodiscard]] std::string summarise(const Alert& alert);

/// The alert as an EVE-like JSON object: the envelope that readers of Suricata's
/// eve.json know, and everything of ours under `mimir`.
///
/// `explanation`: intercept + sum of contributions + other == score; the
/// contributions listed are the largest, `other` is the sum of the rest.
[[nodiscard]] config::Json to_json(const Alert& alert);

/// "2026-11-24T21:48:20.004512+0000", UTC.
[[nodiscard]] std::string to_timestamp(TimeNs time_ns);
/// What to_timestamp() wrote, to the microsecond; 0 if it is none.
[[nodiscard]] TimeNs from_timestamp(std::string_view text);

/// Three digits in the unit that needs no exponent for them: "197 kB".
[[nodiscard]] std::string bytes_text(double bytes);

}  // namespace mimir::controlplane
