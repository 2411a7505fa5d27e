// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/json.h"

namespace mimir::tools {

/// What is known of a mirror, from a capture or a running appliance. What is not there was not
/// looked for.
struct MirrorView {
  std::uint64_t received = 0;  ///< of windows that have closed
  std::uint64_t counted = 0;
  std::uint64_t arrived_at_ports = 0;              ///< in all, of an appliance that runs
  std::map<std::string, std::uint64_t> dropped{};  ///< by reason, see Drop
  std::optional<std::uint64_t> lost_at_ports{};
  std::uint64_t tcp_flows = 0;  ///< see MirrorTally
  std::uint64_t one_way = 0;
  std::optional<std::uint64_t> duplicates{};
  std::optional<std::uint64_t> tcp_bytes{};  ///< see CaptureQuality
  std::uint64_t missing_bytes = 0;
  std::optional<std::map<std::string, std::uint64_t>> wrappings{};
  std::optional<std::uint64_t> cut{};
  std::optional<double> mapped_bytes_ratio{};
};

/// One thing of a mirror, in words.
struct MirrorFinding {
  enum class Level : std::uint8_t {
    kWell,
    kUnknown,  ///< it was not looked for
    kAdvice,
    kWrong,  ///< what is judged is not what happened
  };
  std::string name;  ///< stable, for programs: "one_way", "not_ip"
  Level level = Level::kWell;
  double ratio = 0;
  std::string text;
  std::string meaning{};
  std::string hint{};  ///< what mends it; empty if all is well
};

[[nodiscard]] std::string_view name(MirrorFinding::Level level);

/// The wrong ones first, those of one level in the order of a packet's way.
[[nodiscard]] std::vector<MirrorFinding> check_mirror(const MirrorView& view);

[[nodiscard]] std::string to_text(const MirrorFinding& finding);
[[nodiscard]] config::Json to_json(const MirrorFinding& finding);

}  // namespace mimir::tools
