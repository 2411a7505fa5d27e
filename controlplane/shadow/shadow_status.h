// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "controlplane/shadow/judged_twice.h"

namespace mimir::controlplane {

/// What the windows of one granularity came to that two models judged.
struct ShadowTotals {
  std::uint32_t granularity_s = 0;
  std::array<std::uint64_t, kAgreementCount> windows{};  ///< by Agreement
  double score = 0;                                      ///< of the candidate, in the last of them
  double threshold = 0;                                  ///< of the candidate

  [[nodiscard]] std::uint64_t of(Agreement agreement) const {
    return windows[static_cast<std::size_t>(agreement)];
  }
};

/// The candidate, and how it fares beside the model in force, since it judges beside it.
struct ShadowStatus {
  std::string model_name;
  std::string model_digest;          ///< SHA-256, hexadecimal; empty: there is no candidate
  std::string active_digest;         ///< of the model that it is compared with
  TimeNs first_begin_ns = 0;         ///< of the first window that both judged; 0: none yet
  std::vector<ShadowTotals> totals;  ///< ascending by granularity

  [[nodiscard]] bool is_there() const { return !model_digest.empty(); }
  /// Begins anew, unless they are the same two models.
  void compare(const std::string& name, const std::string& digest, const std::string& active);
  /// REQUIRES: it is there.
  void add(const ShadowJudgement& judgement);
};

}  // namespace mimir::controlplane
