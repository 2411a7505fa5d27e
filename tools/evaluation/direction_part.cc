// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <limits>
#include <optional>
#include <span>

#include "model/detector/direction.h"
#include "tools/evaluation/learner.h"

namespace mimir::evaluation {

namespace {

/// Of the prototype: how many windows say what is typical.
constexpr std::size_t kWindowCount = 10;

/// An entity that only another run's cluster has is NaN and takes no part in this one.
detector::Direction direction_of(std::span<const double> row) {
  detector::Direction direction(row.begin(), row.end());
  for (double& value : direction) {
    if (std::isnan(value)) value = 0;
  }
  return direction;
}

/// Ide and Kashima's change of the principal vector; learns nothing beforehand. With
/// kAdaptive the score is what exceeds their moving threshold, so that 0 is it.
template <bool kAdaptive>
class DirectionPart final : public Part {
 public:
  [[nodiscard]] Description description() const override { return Description::kPrincipalVector; }

  [[nodiscard]] bool fit(const learn::FeatureTable& /*table*/,
                         const std::vector<std::size_t>& /*benign*/,
                         const std::vector<std::size_t>& /*attacked*/,
                         config::Diagnostics& /*unused*/) override {
    return true;
  }

  [[nodiscard]] std::vector<double> score(const learn::FeatureTable& table,
                                          const std::vector<std::size_t>& rows) const override {
    detector::DirectionChange change(kWindowCount);
    std::vector<double> scores;
    for (const std::size_t row : rows) {
      scores.push_back(std::numeric_limits<double>::quiet_NaN());
      const auto judged = change.next(direction_of(table.row(row)));
      if (!judged) continue;
      if (!kAdaptive) {
        scores.back() = judged->change;
      } else if (judged->threshold) {
        scores.back() = judged->change - *judged->threshold;
      }
    }
    return scores;
  }

  [[nodiscard]] std::optional<double> own_threshold() const override {
    return kAdaptive ? std::optional(0.0) : std::nullopt;
  }
};

template <bool kAdaptive>
std::unique_ptr<Part> make_direction_part() {
  return std::make_unique<DirectionPart<kAdaptive>>();
}

}  // namespace

PartInfo ide_kashima() {
  return {.name = "ide-kashima",
          .summary = "turn of the principal vector of traffic against the last 10 windows",
          .needs_labels = false,
          .make = make_direction_part<false>};
}

PartInfo ide_kashima_adaptive() {
  return {.name = "ide-kashima-adaptive",
          .summary = "the same, above the moving threshold of its authors",
          .needs_labels = false,
          .make = make_direction_part<true>};
}

}  // namespace mimir::evaluation
