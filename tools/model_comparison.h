// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "config/json.h"
#include "controlplane/shadow/judged_twice.h"
#include "model/learn/threshold.h"
#include "tools/evaluation/dataset.h"

namespace mimir::tools {

/// How two models fared on the same windows: who alarmed where, how far apart their scores
/// are, and, where it is known what really happened, who was right.
///
/// Threads: one owner. Memory: a number a window, and every window they disagree in.
class ModelComparison {
 public:
  /// `truth`: what really happened. Null: nobody knows.
  explicit ModelComparison(const std::vector<evaluation::Incident>* truth = nullptr)
      : truth_(truth) {}

  void add(const controlplane::JudgedTwice& window);
  /// A window that one of them alone judges.
  void add_alone(std::uint32_t granularity_s);

  [[nodiscard]] bool is_empty() const { return levels_.empty(); }
  /// For people: a line a granularity, then at most `top` of the windows they disagree in; if
  /// there is none, how near they came. `first`, `second`: what the models are called.
  [[nodiscard]] std::string to_text(const std::string& first, const std::string& second,
                                    std::size_t top) const;
  /// All windows they disagree in.
  [[nodiscard]] config::Json to_json() const;

 private:
  /// The windows of one granularity.
  struct Level {
    std::array<std::uint64_t, controlplane::kAgreementCount> windows{};
    std::uint64_t without_data = 0;  ///< of all, to either
    std::uint64_t alone = 0;         ///< of none of these: one of them alone judges them
    std::vector<double> distances;   ///< between the margins of the two
    std::array<double, 2> nearest{kNever, kNever};  ///< margins of windows without an alarm
    std::array<learn::Confusion, 2> truth;

    [[nodiscard]] std::uint64_t of(controlplane::Agreement agreement) const {
      return windows[static_cast<std::size_t>(agreement)];
    }
    [[nodiscard]] std::uint64_t sum() const;
  };
  static constexpr double kNever = -1e300;

  void judge_by_truth(const controlplane::JudgedTwice& window, Level& level) const;
  [[nodiscard]] std::string level_text(std::uint32_t granularity_s, const Level& level) const;
  [[nodiscard]] std::string summary(const std::string& first, const std::string& second) const;
  [[nodiscard]] config::Json level_json(std::uint32_t granularity_s, const Level& level) const;

  const std::vector<evaluation::Incident>* truth_;
  std::map<std::uint32_t, Level> levels_;
  std::vector<controlplane::JudgedTwice> disagreements_;
};

}  // namespace mimir::tools
