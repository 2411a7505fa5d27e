// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "dataplane/record/application.h"

namespace mimir::payload {

/// What must hold of a match beside its pattern.
enum class RuleCheck : std::uint8_t {
  kNone,
  kLuhn,  ///< a payment card's number: 13 to 19 digits, ISO/IEC 7812-1 annex B
  kIban,  ///< an account's number: check digits, ISO 13616-1 §7, length by country
};

/// What a pattern of the rules stands for; indexed by its id.
struct RuleTrait {
  std::uint16_t rule = 0;  ///< place of the rule in its set
  RuleKind kind = RuleKind::kCustom;
  RuleCheck check = RuleCheck::kNone;
};

/// Whether what ends at `end` holds. Single spaces and hyphens between its groups do not
/// count. Threads: pure. Cost: at most 50 bytes read.
[[nodiscard]] bool passes(RuleCheck check, std::span<const std::byte> bytes,
                          std::size_t end) noexcept;

}  // namespace mimir::payload
